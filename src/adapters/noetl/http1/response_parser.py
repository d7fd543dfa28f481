"""One connection's answers, from bytes to `Exchange` calls. Knows no socket and no clock."""

from adapters.noetl.http1.chunked_body import ChunkedBody
from adapters.noetl.http1.exchange import Exchange
from adapters.noetl.http1.limits import ParserLimits
from adapters.noetl.http1.malformed import MalformedAnswer
from adapters.noetl.http1.response_head import ResponseHead, parse_response_head

_START_OF_HEAD = b"HTTP/1."
_END_OF_HEAD = b"\r\n\r\n"


class ResponseParser:
    """`began`: some byte of the answer has come. `head`: the final head, once it has. `progressed`: the last read
    brought more than a piece of a head or of chunk framing."""

    __slots__ = (
        "_answers_head",
        "_chunked",
        "_head_bytes",
        "_held",
        "_limits",
        "_remaining",
        "began",
        "head",
        "progressed",
    )

    def __init__(self, limits: ParserLimits) -> None:
        self._limits = limits
        self._chunked: ChunkedBody | None = None
        self._held = b""
        self.began = False
        self.head: ResponseHead | None = None
        self.progressed = False

    def begin(self, *, answers_head: bool) -> None:
        self._answers_head = answers_head
        self._head_bytes = 0
        self._remaining: int | None = None
        self.head = None
        self.began = False
        self.progressed = False

    @property
    def ends_with_connection(self) -> bool:
        return self.head is not None and self.head.length is None and not self.head.chunked

    def feed(self, data: bytes, exchange: Exchange) -> bool:
        """Whether the answer is complete, to the byte.

        Raises:
            MalformedAnswer: give up the connection.
        """
        self.began = True
        if self.head is not None:
            return self._feed_body(data, exchange)
        found = self._read_heads(data)
        return found is not None and self._begin_body(*found, exchange)

    def _read_heads(self, data: bytes) -> tuple[ResponseHead, bytes] | None:
        """The final head and the bytes after it. Interim ones are skipped, an incomplete one is held."""
        search_from = 0
        if self._held:
            search_from = max(0, len(self._held) - 3)
            data, self._held = self._held + data, b""
        start = 0
        while (end := data.find(_END_OF_HEAD, search_from)) >= 0:
            search_from = end + 4
            self._count(search_from - start)
            head = parse_response_head(
                data[start:search_from], answers_head=self._answers_head, max_headers=self._limits.max_headers
            )
            start = search_from
            self.progressed = True
            if head.status >= 200:
                return head, data[start:]
        self._hold(data[start:])
        return None

    def _count(self, head_bytes: int) -> None:
        self._head_bytes += head_bytes
        if self._head_bytes > self._limits.max_head_bytes:
            raise MalformedAnswer("endless head")

    def _hold(self, piece: bytes) -> None:
        if not _START_OF_HEAD.startswith(piece[: len(_START_OF_HEAD)]):
            raise MalformedAnswer("no HTTP/1.x status line")
        if self._head_bytes + len(piece) > self._limits.max_head_bytes:
            raise MalformedAnswer("endless head")
        if piece:
            self.progressed = False
        self._held = piece

    def _begin_body(self, head: ResponseHead, rest: bytes, exchange: Exchange) -> bool:
        self.head = head
        length = head.length
        if length is not None and length == len(rest):  # all in one read: the usual case
            exchange.on_head(head)
            if rest:
                exchange.on_body(rest)
            return True
        if length is not None and length < len(rest):
            raise MalformedAnswer("body longer than announced")
        self._remaining = length
        self._chunked = ChunkedBody(max_overhead=self._limits.max_head_bytes) if head.chunked else None
        exchange.on_head(head)
        return self._feed_body(rest, exchange) if rest else False

    def _feed_body(self, data: bytes, exchange: Exchange) -> bool:
        if self._chunked is not None:
            body = self._chunked.feed(data)
            self.progressed = bool(body)
            if body:
                exchange.on_body(body)
            return self._chunked.complete
        if self._remaining is not None:
            if len(data) > self._remaining:
                raise MalformedAnswer("body longer than announced")
            self._remaining -= len(data)
        exchange.on_body(data)
        return self._remaining == 0
