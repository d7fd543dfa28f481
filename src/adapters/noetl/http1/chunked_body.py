"""The chunked transfer coding (RFC 9112, 7.1), decoded to the exact byte at which the answer ends."""

import re
from enum import Enum, auto

from adapters.noetl.http1.malformed import MalformedAnswer

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_EXTENSION = rb";" + _TOKEN + rb"(?:=(?:" + _TOKEN + rb"|\"[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]*\"))?"
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:" + _EXTENSION + rb")*")
_TRAILER_LINE = re.compile(_TOKEN + rb":[\t\x20-\x7e\x80-\xff]*")


class _Expect(Enum):
    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILER = auto()
    NOTHING = auto()


class ChunkedBody:
    """Feed it what was read; trailers and chunk extensions are checked and dropped.

    `max_overhead`: bytes of framing in a row, without any byte of body between them.
    """

    __slots__ = ("_expect", "_held", "_max_overhead", "_overhead", "_remaining")

    def __init__(self, *, max_overhead: int) -> None:
        self._expect = _Expect.SIZE
        self._held = b""
        self._remaining = 0
        self._overhead = 0
        self._max_overhead = max_overhead

    @property
    def complete(self) -> bool:
        return self._expect is _Expect.NOTHING

    def feed(self, data: bytes) -> bytes:
        """The bytes of body in `data`, possibly none.

        Raises:
            MalformedAnswer: for broken framing, and for anything after the end.
        """
        if self._held:
            data, self._held = self._held + data, b""
        pieces: list[bytes] = []
        at = 0
        while at < len(data):
            if self.complete:
                raise MalformedAnswer("bytes after the last chunk")
            if self._expect is _Expect.DATA:
                at = self._take_data(data, at, pieces)
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                self._hold(data[at:])
                break
            self._count(end + 2 - at)
            self._take_line(data[at:end])
            at = end + 2
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _take_data(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        piece = data[at : at + self._remaining]
        pieces.append(piece)
        self._overhead = 0
        self._remaining -= len(piece)
        if not self._remaining:
            self._expect = _Expect.DATA_END
        return at + len(piece)

    def _take_line(self, line: bytes) -> None:
        if self._expect is _Expect.SIZE:
            self._take_size(line)
        elif self._expect is _Expect.DATA_END:
            if line:
                raise MalformedAnswer("chunk longer than announced")
            self._expect = _Expect.SIZE
        elif not line:
            self._expect = _Expect.NOTHING
        elif not _TRAILER_LINE.fullmatch(line):
            raise MalformedAnswer("broken trailer")

    def _take_size(self, line: bytes) -> None:
        match = _SIZE_LINE.fullmatch(line)
        if match is None:
            raise MalformedAnswer("broken chunk size")
        self._remaining = int(match[1], 16)
        self._expect = _Expect.DATA if self._remaining else _Expect.TRAILER

    def _hold(self, line: bytes) -> None:
        if self._expect is _Expect.DATA_END and line != b"\r":
            raise MalformedAnswer("chunk longer than announced")
        if self._overhead + len(line) > self._max_overhead:
            raise MalformedAnswer("endless chunk framing")
        self._held = line

    def _count(self, overhead: int) -> None:
        self._overhead += overhead
        if self._overhead > self._max_overhead:
            raise MalformedAnswer("endless chunk framing")
