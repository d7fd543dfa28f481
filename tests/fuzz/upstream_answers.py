"""Answers of upstreams: whatever is accepted means the same however it is cut, and the same to h11."""

from collections.abc import Sequence
from dataclasses import dataclass

import h11
from tests.fuzz.cuts import ways_to_cut
from tests.unit.adapters.http1.listening import Listener

from adapters.noetl.http1.limits import ParserLimits
from adapters.noetl.http1.malformed import MalformedAnswer
from adapters.noetl.http1.response_head import ResponseHead
from adapters.noetl.http1.response_parser import ResponseParser

_ROOMY = ParserLimits()
_TIGHT = ParserLimits(max_head_bytes=90, max_headers=3)


class Bounded(Listener):
    """Hears no more body than the head has announced."""

    def on_body(self, chunk: bytes) -> None:
        super().on_body(chunk)
        assert self.head is not None
        assert self.head.length is None or len(self.body) <= self.head.length


@dataclass
class Reading:
    """`state`: malformed, complete, unfinished, or open when the end of the connection is the answer's end."""

    state: str
    head: ResponseHead | None
    body: bytes


def check(data: bytes) -> None:
    for answers_head in (False, True):
        for limits in (_ROOMY, _TIGHT):
            whole = read([data], answers_head=answers_head, limits=limits)
            for pieces in ways_to_cut(data):
                _compare(read(pieces, answers_head=answers_head, limits=limits), whole)
            if whole.state in ("complete", "open"):
                _compare_with_h11(data, whole, answers_head=answers_head)


def read(
    pieces: Sequence[bytes], *, answers_head: bool, limits: ParserLimits = _ROOMY, surplus: str = "malformed"
) -> Reading:
    """`surplus`: the state when more reads follow the one that completes the answer."""
    parser, listener = ResponseParser(limits), Bounded()
    parser.begin(answers_head=answers_head)
    state = "unfinished"
    try:
        for piece in filter(None, pieces):
            if state == "complete":
                state = surplus
                break
            if parser.feed(piece, listener):
                state = "complete"
    except MalformedAnswer:
        state = "malformed"
    if state == "unfinished" and parser.ends_with_connection:
        state = "open"
    return Reading(state, listener.head, listener.body)


def _compare(cut: Reading, whole: Reading) -> None:
    assert cut.state == whole.state
    if whole.state != "malformed":
        assert cut == whole
    elif whole.head is not None:
        # What came before the fault depends on the reads, but never differs.
        assert cut.head == whole.head
        assert cut.body.startswith(whole.body)


def _compare_with_h11(data: bytes, ours: Reading, *, answers_head: bool) -> None:
    theirs = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    theirs.send(h11.Request(method="HEAD" if answers_head else "GET", target="/", headers=[("host", "a")]))
    theirs.send(h11.EndOfMessage())
    theirs.receive_data(_without_reasons(data))
    if ours.state == "open":
        theirs.receive_data(b"")
    event = theirs.next_event()
    while isinstance(event, h11.InformationalResponse):
        event = theirs.next_event()
    assert isinstance(event, h11.Response)
    assert ours.head is not None
    assert event.status_code == ours.head.status
    assert set(ours.head.headers) <= set(event.headers)
    assert _body(theirs) == ours.body
    assert theirs.trailing_data[0] == b""
    # h11 keeps no connection of HTTP/1.0.
    kept = event.http_version == b"1.0" or theirs.their_state not in (h11.MUST_CLOSE, h11.CLOSED)
    assert not ours.head.keep_alive or (kept and ours.state == "complete")


def _body(theirs: h11.Connection) -> bytes:
    body = b""
    try:
        while isinstance(event := theirs.next_event(), h11.Data):
            body += event.data
    except h11.RemoteProtocolError as error:
        # Trailers are not passed on; h11 looks for framing in them.
        assert "Transfer-Encoding" in str(error) or "Content-Length" in str(error)
    else:
        assert isinstance(event, h11.EndOfMessage)
    return body


def _without_reasons(data: bytes) -> bytes:
    """Reason phrases are nobody's business: they are not passed on, and may hold what h11 does not like."""
    head, end, rest = data.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    shortened = b"\r\n".join([line[:12], *fields]) + end
    return shortened + (_without_reasons(rest) if line[9:10] == b"1" else rest)
