"""WebSocket as uvicorn speaks it over `websockets`, without its loose ends."""

import asyncio
import logging

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from entrypoints.http.server.edge import NEVER, Edge
from entrypoints.http.server.stream_writer import all_acknowledged
from entrypoints.http.server.transport_extension import EXTENSION


class GatewayWebSocket(WebSocketsSansIOProtocol):
    """A peer that takes nothing of what waits for it for `send_secs` is cut off: uvicorn would wait for it forever,
    also when it closes. A peer that takes a little is not cut off for a late pong, which waits behind the rest.
    """

    def __init__(
        self,
        config: Config,
        server_state: Edge,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.edge = server_state
        self.deadline = NEVER
        self._unsent = 0
        self._over = False
        self.logger = self.conn.logger = _without_urls()
        self.conn.debug = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.edge.http_connections.add(self)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment]  # uvicorn expects dictionaries

    @property
    def all_received(self) -> bool:
        """As of a StreamWriter."""
        return not (self.disconnected or self.transport.is_closing()) and all_acknowledged(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.edge.http_connections.discard(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_sending()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not (self._over or self.transport.is_closing()):
            self.deadline = NEVER

    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        super().on_task_complete(task)
        self._over = True
        if not self.disconnected:
            self._await_sending()

    def on_deadline(self) -> None:
        if self.writable.is_set() and not (self._over or self.transport.is_closing()):
            self.deadline = NEVER
            return
        before = self._unsent
        self._await_sending()
        if self._unsent >= before:
            self.transport.abort()

    def _await_sending(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        self.deadline = self.edge.now + self.edge.limits.send_secs

    def handle_ping(self) -> None:
        """No pongs for one who does not read: uvicorn would pile them up."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def keepalive_timeout(self) -> None:
        if self.writable.is_set():
            super().keepalive_timeout()
            self._await_sending()
        else:
            self.schedule_ping()

    def announce_close(self) -> None:
        """The application ends what it has open."""

    def close_when_idle(self) -> None:
        """It is never idle."""


def _without_urls() -> logging.Logger:
    """uvicorn and `websockets` write the URL, which may hold a token, at INFO and DEBUG."""
    logger = logging.getLogger(f"{__name__}.connections")
    logger.setLevel(logging.WARNING)
    return logger
