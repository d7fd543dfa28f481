"""One request and its response, as uvicorn runs it, with the ends tied that uvicorn leaves loose."""

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Protocol, cast

from uvicorn._types import ASGI3Application, ASGISendEvent, HTTPScope

from entrypoints.http.server.waking import NOBODY_WAITS
from entrypoints.http.server.writing import WritingCycle

_RESET = struct.pack("ii", 1, 0)
_ERROR = b'{"error":"Internal server error"}'


class ConnectionCut(Exception):
    """An application raises it (or a subclass) to break off a response that must not be taken for a whole one."""


Afterwards = Callable[[], Coroutine[object, object, None]]


class Connection(Protocol):
    """What a response needs of its connection once no task serves it any more."""

    def outlived(self) -> None:
        """Frees what only a request needs that is still being read or served."""
        ...

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Runs `work` as a task of the server's."""
        ...


class GatewayCycle(WritingCycle):
    """`goes_on`: the response may still be written to, although its application has returned. `on_over` is called
    when the response is over, or nobody is there to read it.
    """

    # One attribute more than fit, and Python gives each instance a dictionary of its own, of 0.8 KB.
    __slots__ = ("_afterwards", "connection", "goes_on", "on_over")

    body: bytes | bytearray  # type: ignore[assignment]  # uvicorn makes bytes of it before it goes anywhere
    until_close = False
    """The end of the connection is the end of the response: HTTP/1.0 knows no chunks."""

    def belong_to(self, connection: Connection) -> None:
        """To be called first of all."""
        self.connection = connection
        self.goes_on = False
        self.on_over: Callable[[], None] | None = None
        self._afterwards: Afterwards | None = None

    @property
    def keep_alive(self) -> bool:
        """What uvicorn sets and asks for; the protocol closes gentler than it does."""
        return self.response_complete or not self.closes

    @keep_alive.setter
    def keep_alive(self, value: bool) -> None:
        self.closes = not value

    def take_body(self, piece: bytes) -> None:
        """Keeps it as it came where nothing waits to be joined with it; uvicorn's bytearray would be two copies."""
        if not self.body:
            self.body = piece
            return
        if not isinstance(self.body, bytearray):
            self.body = bytearray(self.body)
        self.body += piece

    def outlive(self, afterwards: Afterwards) -> None:
        """The application may return before the response is complete: thousands of responses that are open for hours
        need neither a task each nor what it holds. `afterwards` runs as soon as the response is over.
        """
        self.goes_on = True
        self._afterwards = afterwards
        self.message_event = NOBODY_WAITS
        self.scope = scope_for_writing(self.scope["method"])
        self.connection.outlived()
        if self.response_complete or self.disconnected:
            self.wind_up()

    def complete(self) -> None:
        super().complete()
        self.wind_up()

    def wind_up(self) -> None:
        """The response is over, or nobody is there to read it."""
        if self.goes_on:
            self.on_response = _nothing
        on_over, self.on_over = self.on_over, None
        if on_over is not None:
            on_over()
        afterwards, self._afterwards = self._afterwards, None
        if afterwards is not None:
            self.connection.spawn(afterwards())

    async def run_asgi(self, app: ASGI3Application) -> None:
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            self.cut()
            raise
        except ConnectionCut:
            self.cut()
        except Exception:
            self.logger.exception("the application failed")
            await self._fail()
        else:
            if not (self.goes_on or self.response_complete or self.disconnected):
                self.logger.error("the application returned without completing its response")
                await self._fail()
        finally:
            if not self.goes_on:
                self.on_response = _nothing

    def cut(self) -> None:
        """Ends the connection, unless the response has been sent or the client is given up already."""
        if self.response_complete or self.disconnected:
            return
        self.flush()
        if self.until_close:
            # A plain end would look like the end of the response.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.transport.abort()
        else:
            self.transport.close()

    async def _fail(self) -> None:
        if self.response_started:
            self.cut()
        else:
            await self.send_500_response()

    async def send_500_response(self) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(_ERROR)),
            (b"connection", b"close"),
        ]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": _ERROR, "more_body": False})


class Http10Cycle(GatewayCycle):
    """uvicorn answers HTTP/1.0 in chunks when the length is not known; here the response ends with the connection."""

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "http.response.start":
            names = [name.lower() for name, _ in message.get("headers", ())]
            if b"content-length" not in names:
                self.until_close = True
                self.chunked_encoding = False
        elif self.until_close and message["type"] == "http.response.body":
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)


@lru_cache
def scope_for_writing(method: str) -> HTTPScope:
    """One for all: the method is what writing an answer looks at, and nothing else."""
    return cast(HTTPScope, {"type": "http", "method": method})


def _nothing() -> None:
    return None
