"""A fast lane whose one upstream connection is at hand, and says what it is told to say."""

import asyncio

from tests.fuzz.pretended_transport import PretendedTransport

from adapters.noetl.http1.connection import Connection
from adapters.noetl.http1.limits import ConnectionLimits
from domain.errors import UpstreamUnreachable
from domain.identity import SessionToken
from domain.proxying import UpstreamRequest
from entrypoints.http.asgi import Scope
from entrypoints.http.fast_lane.answer_heads import AnswerHeads
from entrypoints.http.fast_lane.direct import DirectConnection
from entrypoints.http.fast_lane.lane import Errand, FastLane, LastRequest

_BASE_URL = "http://noetl.test"


class OneErrand(FastLane):
    """Lane, route, breaker, pool and head at once: all that an errand asks for. `observed` counts what has ended."""

    closed = True

    def __init__(self) -> None:
        self.observed = 0
        self.token_of = _token_of_nobody
        self._heads = AnswerHeads()
        self._buffer = memoryview(bytearray(65536))
        self._transport = PretendedTransport()
        self._connection = Connection(
            self,
            ConnectionLimits(),
            on_lost=_forget,
            time=asyncio.get_running_loop().time,
            receive_buffer=self._buffer,
        )
        self._connection.connection_made(self._transport)

    # The upstream

    def says(self, piece: bytes) -> None:
        if not self._transport.is_closing():
            self._buffer[: len(piece)] = piece
            self._connection.buffer_updated(len(piece))

    def ends(self) -> None:
        if not self._transport.is_closing():
            self._connection.eof_received()
        self._connection.connection_lost(None)

    # The lane, and what it is made of

    def admit(self, method: str, raw_path: bytes, query: bytes, last: LastRequest) -> Errand | None:
        head = b"GET / HTTP/1.1\r\n\r\n"
        return Errand(self, _BASE_URL, self._connection, head, [], self._observe, self._heads)

    @property
    def breaker(self) -> "OneErrand":
        return self

    @property
    def head(self) -> "OneErrand":
        return self

    @property
    def pool(self) -> "OneErrand":
        return self

    def succeeded(self) -> None:
        """The breaker hears it."""

    def failed(self) -> None:
        """The breaker hears it."""

    def line(self, method: str, target: bytes) -> bytes:
        return b"GET /"

    def fields(self, request: UpstreamRequest) -> bytes:
        return b" HTTP/1.1\r\n\r\n"

    def take(self) -> DirectConnection | None:
        return None

    async def acquire_fresh(self) -> DirectConnection:
        raise UpstreamUnreachable

    def on_idle(self, connection: Connection) -> None:
        """The pool would keep it."""

    def on_closed(self, connection: Connection) -> None:
        """The pool would forget it."""

    def _observe(self, status: int, seconds: float) -> None:
        self.observed += 1


def _token_of_nobody(scope: Scope) -> SessionToken | None:
    return None


def _forget(_connection: Connection) -> None:
    return None
