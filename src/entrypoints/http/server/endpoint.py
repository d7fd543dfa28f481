"""An application at an address, and the connections that came to it."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from uvicorn.config import Config

from entrypoints.http.asgi import AsgiApp
from entrypoints.http.server import listening
from entrypoints.http.server.edge import Edge
from entrypoints.http.server.limits import RequestLimits
from entrypoints.http.server.protocol import GatewayProtocol
from entrypoints.http.server.websocket import GatewayWebSocket

log = logging.getLogger(__name__)

_BACKLOG = 2048
_LOOK_AGAIN = 0.005
"""Seconds."""


class HttpProtocol(Protocol):
    def __call__(self, config: Config, server_state: Edge, app_state: dict[str, object]) -> GatewayProtocol: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`sockets`: bound ones to use instead of `host` and `port`; they are closed with the server.

    `protocol`: what serves each connection that is not, or not yet, a WebSocket.
    """

    app: AsgiApp
    host: str = "127.0.0.1"
    port: int = 0
    sockets: Sequence[socket.socket] = ()
    limits: RequestLimits = field(default_factory=RequestLimits)
    websockets: bool = True
    protocol: HttpProtocol = GatewayProtocol


class Listener:
    def __init__(self, endpoint: Endpoint, state: dict[str, object], refused: Callable[[int], None]) -> None:
        self.edge = Edge(endpoint.limits, refused)
        self._endpoint = endpoint
        self._state = state
        self._config = _config(endpoint)
        self.urls: list[str] = []
        self._sockets: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []

    def bind(self) -> None:
        """Raises CannotListen."""
        self._sockets = list(self._endpoint.sockets) or listening.bind(self._endpoint.host, self._endpoint.port)
        self.urls = [listening.url_of(sock) for sock in self._sockets]

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        for sock in self._sockets:
            self._servers.append(await loop.create_server(self._connection, sock=sock, backlog=_BACKLOG))

    def _connection(self) -> GatewayProtocol:
        return self._endpoint.protocol(self._config, self.edge, self._state)

    @property
    def busy(self) -> bool:
        return bool(self.edge.connections or self.edge.tasks)

    def stop_listening(self) -> None:
        for server in self._servers:
            server.close()
        listening.close(self._sockets)

    def cut(self) -> int:
        """Closes all connections; the number of requests that were still running."""
        running = len(self.edge.tasks)
        for connection in list(self.edge.connections):
            if isinstance(connection, GatewayProtocol):
                running += connection.taskless
                connection.cut()
            else:
                connection.shutdown()  # A WebSocket gets to know why (1012).
        return running

    async def end_tasks(self, *, patience: float) -> None:
        """Applications see that their clients are gone and end; after `patience` seconds they are cancelled, and
        connections given up on which something is still unsent.
        """
        await self._wait(patience)
        for task in self.edge.tasks:
            task.cancel()
        for connection in tuple(self.edge.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await self._wait(patience)
        for task in self.edge.tasks:
            log.error("a request did not end when it was cancelled: %r", task.get_coro())

    async def _wait(self, seconds: float) -> None:
        """Until all is over. What a connection leaves to do begins only when its end is noticed."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self.busy and loop.time() < deadline:
            if self.edge.tasks:
                await asyncio.wait(list(self.edge.tasks), timeout=deadline - loop.time())
            else:
                await asyncio.sleep(_LOOK_AGAIN)


def _config(endpoint: Endpoint) -> Config:
    config = Config(
        endpoint.app,
        http=GatewayProtocol,
        ws=GatewayWebSocket if endpoint.websockets else "none",
        ws_max_size=endpoint.limits.message_bytes,
        ws_per_message_deflate=False,  # small messages; and it would cost 40 KB for each connection
        interface="asgi3",
        lifespan="off",
        workers=1,  # else uvicorn reads WEB_CONCURRENCY, and fails where that is no number
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    config.load()
    return config
