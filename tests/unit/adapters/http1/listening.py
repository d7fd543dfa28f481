from dataclasses import dataclass, field

from adapters.noetl.http1.limits import ParserLimits
from adapters.noetl.http1.malformed import MalformedAnswer
from adapters.noetl.http1.response_head import ResponseHead
from adapters.noetl.http1.response_parser import ResponseParser
from domain.errors import BackEndTrouble


@dataclass
class Listener:
    """An exchange that writes down what it hears."""

    head: ResponseHead | None = None
    chunks: list[bytes] = field(default_factory=list)
    complete: bool = False
    error: BackEndTrouble | None = None
    retryable: bool = False
    writable_again: int = 0

    def on_head(self, head: ResponseHead) -> None:
        assert self.head is None and not self.chunks
        self.head = head

    def on_body(self, chunk: bytes) -> None:
        assert chunk and self.head is not None and not self.over
        self.chunks.append(chunk)

    def on_complete(self) -> None:
        assert self.head is not None and not self.over
        self.complete = True

    def on_failure(self, error: BackEndTrouble, *, retryable: bool) -> None:
        assert not self.over
        self.error = error
        self.retryable = retryable

    def on_writable(self) -> None:
        self.writable_again += 1

    @property
    def over(self) -> bool:
        return self.complete or self.error is not None

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


Outcome = tuple[str, int, list[tuple[bytes, bytes]], bytes]


def parse(*pieces: bytes, answers_head: bool = False, limits: ParserLimits | None = None) -> Outcome:
    """How a connection would understand `pieces` and the end after them: complete, broken off or malformed."""
    listener = Listener()
    parser = ResponseParser(limits or ParserLimits())
    parser.begin(answers_head=answers_head)
    complete = False
    try:
        for piece in pieces:
            if complete:
                raise MalformedAnswer("bytes after a complete answer")
            complete = parser.feed(piece, listener)
    except MalformedAnswer:
        return "malformed", 0, [], b""
    if listener.head is None or not (complete or parser.ends_with_connection):
        return "broken off", 0, [], b""
    return "complete", listener.head.status, list(listener.head.headers), listener.body
