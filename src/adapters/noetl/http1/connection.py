"""One connection to an upstream: a protocol driven by callbacks alone, with one request in flight at most."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from adapters.noetl.http1.exchange import Exchange
from adapters.noetl.http1.limits import ConnectionLimits
from adapters.noetl.http1.malformed import MalformedAnswer
from adapters.noetl.http1.response_parser import ResponseParser
from adapters.noetl.http1.socket_probe import SocketProbe
from adapters.noetl.http1.tls_end import tls_ended
from domain.errors import BackEndTrouble, UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable

logger = logging.getLogger(__name__)


class ConnectionOwner(Protocol):
    def on_idle(self, connection: "Connection") -> None:
        """An answer was read to its end and the connection may serve another request."""
        ...

    def on_closed(self, connection: "Connection") -> None:
        """The connection serves no more; called once."""
        ...


class Connection(asyncio.BufferedProtocol):
    """`writable`: false while the write buffer is full; wait for `Exchange.on_writable`."""

    __slots__ = (
        "_closed",
        "_exchange",
        "_head",
        "_limits",
        "_on_lost",
        "_owner",
        "_parser",
        "_paused",
        "_probe",
        "_receive_buffer",
        "_request_sent",
        "_served",
        "_since",
        "_time",
        "_transport",
        "writable",
    )

    def __init__(
        self,
        owner: ConnectionOwner,
        limits: ConnectionLimits,
        *,
        on_lost: Callable[["Connection"], None],
        time: Callable[[], float],
        receive_buffer: memoryview,
    ) -> None:
        """`on_lost` is called when the socket is gone, which is some time after `ConnectionOwner.on_closed`.
        `time`: the event loop's, in seconds. `receive_buffer` may be shared by all connections of one event loop;
        its size is the most that one read takes, whereas the loops' own reads of 256 KB add up in memory."""
        self._owner = owner
        self._limits = limits
        self._on_lost = on_lost
        self._time = time
        self._receive_buffer = receive_buffer
        self._parser = ResponseParser(limits.parser)
        self._exchange: Exchange | None = None
        self._transport: asyncio.Transport
        self._probe: SocketProbe
        self._closed = False
        self._paused = False
        self._served = False
        self._request_sent = True
        self._head = b""
        self.writable = True

    # The requesting side

    def start(self, exchange: Exchange, head: bytes, *, answers_head: bool, body_follows: bool) -> None:
        """Sends a request's head. Only on a connection that the pool has handed out and that is not in use.

        A head that a body follows goes with the first of that, or by `send_head`: two writes are two calls to the
        kernel, and most bodies are there at once.
        """
        self._exchange = exchange
        self._parser.begin(answers_head=answers_head)
        self._request_sent = not body_follows
        self._since = self._time()
        if body_follows:
            self._head = head
        else:
            self._transport.write(head)

    def send_head(self) -> None:
        """Sends the head if it still waits for the body."""
        if self._head:
            self.send(())

    def send(self, pieces: Sequence[bytes]) -> None:
        """Bytes of the body, framed by the caller."""
        head, self._head = self._head, b""
        if not self.closed:
            self._transport.writelines([head, *pieces] if head else pieces)

    def finish_request(self) -> None:
        """The body has been sent; from now on the upstream has to answer."""
        self.send_head()
        self._request_sent = True
        self._since = self._time()

    def pause_reading(self) -> None:
        if not self._paused and not self.closed:
            self._paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._paused and not self.closed:
            self._paused = False
            self._since = self._time()
            self._transport.resume_reading()

    def abandon(self) -> None:
        """Ends the exchange without a further call to it. The connection is closed and serves nobody else."""
        self._exchange = None
        self.close()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._owner.on_closed(self)
            self._transport.abort()

    @property
    def closed(self) -> bool:
        """Also when the event loop has found the socket broken and has yet to say so."""
        return self._closed or self._transport.is_closing()

    @property
    def reusable(self) -> bool:
        """Whether nothing at all has happened since the last answer. Asks the kernel, too: bytes that nobody asked
        for must not become the answer to the next request, and a closed peer must not get a POST."""
        return not self.closed and self._probe.quiet()

    def check(self, now: float) -> None:
        """Called now and then with the event loop's time; ends what has taken too long."""
        waited = now - self._since
        if self._exchange is None:
            if waited > self._limits.idle_timeout:
                self.close()
        elif waited > self._limits.silence_timeout and self._upstreams_turn:
            self._fail(UpstreamTimedOut())

    @property
    def _upstreams_turn(self) -> bool:
        if self._paused:
            return False
        return self._request_sent or not self.writable or self._parser.head is not None

    # The event loop's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked: uvloop's transports have the methods but not the class.
        self._transport = cast(asyncio.Transport, transport)
        self._since = self._time()
        self._probe = SocketProbe(transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        return self._receive_buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self._receive_buffer[:nbytes])
        exchange, parser = self._exchange, self._parser
        if exchange is None:
            self._unasked()
            return
        try:
            complete = parser.feed(data, exchange)
        except MalformedAnswer as fault:
            logger.warning("the upstream gave a broken answer: %s", fault)
            self._fail(UpstreamMisbehaved())
            return
        if complete:
            self._complete()
        elif parser.progressed:
            self._since = self._time()

    def eof_received(self) -> None:
        if self._exchange is not None and self._parser.ends_with_connection and tls_ended(self._transport):
            self._complete()
        else:
            self._broken()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and not self._closed:
            logger.info("a connection to an upstream broke: %s", exc)
        self._broken()
        self._on_lost(self)

    def pause_writing(self) -> None:
        self.writable = False
        self._since = self._time()

    def resume_writing(self) -> None:
        self.writable = True
        if self._exchange is not None:
            self._exchange.on_writable()

    # How an exchange ends

    def _complete(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is None:  # abandoned by one of its own callbacks
            return
        head = self._parser.head
        if head is not None and head.keep_alive and self._all_sent and not self.closed:
            self.resume_reading()
            self._served = True
            self._since = self._time()
            self._owner.on_idle(self)
        else:
            self.close()
        exchange.on_complete()

    @property
    def _all_sent(self) -> bool:
        """A server that answers without having taken the whole request may never take the rest."""
        return self._request_sent and not self._transport.get_write_buffer_size()

    def _broken(self) -> None:
        if self._parser.began:
            self._fail(UpstreamMisbehaved())
        else:
            self._fail(UpstreamUnreachable(), retryable=self._served)

    def _fail(self, error: BackEndTrouble, *, retryable: bool = False) -> None:
        exchange, self._exchange = self._exchange, None
        self.close()
        if exchange is not None:
            exchange.on_failure(error, retryable=retryable)

    def _unasked(self) -> None:
        if not self._closed:
            logger.info("an upstream sent bytes that nobody had asked for")
            self.close()
