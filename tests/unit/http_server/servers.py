"""Servers on a free port of the loopback interface, on the loop of the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from entrypoints.http.asgi import AsgiApp
from entrypoints.http.server.drain import Drain, DrainTiming
from entrypoints.http.server.endpoint import Endpoint
from entrypoints.http.server.limits import RequestLimits
from entrypoints.http.server.serving import GatewayServer

AT_ONCE = DrainTiming(total=0, grace=0, window=0)
WITHOUT_GRACE = DrainTiming(total=10, grace=0, window=0)


@dataclass(kw_only=True)
class Served:
    server: GatewayServer
    drain: Drain
    ended: "asyncio.Task[None]"
    refused: list[int] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.url.rsplit(":", 1)[1])

    @property
    def internal_port(self) -> int:
        return int(self.server.internal_url.rsplit(":", 1)[1])


@asynccontextmanager
async def serving(
    app: AsgiApp,
    *,
    limits: RequestLimits | None = None,
    timing: DrainTiming = AT_ONCE,
    websockets: bool = True,
    internal: AsgiApp | None = None,
) -> AsyncIterator[Served]:
    refused: list[int] = []
    drain = Drain(timing)
    server = GatewayServer(
        Endpoint(app=app, limits=limits or RequestLimits(), websockets=websockets),
        internal=Endpoint(app=internal) if internal is not None else None,
        drain=drain,
        refused=refused.append,
    )
    await server.start()
    ended = asyncio.create_task(server.until_ended())
    try:
        yield Served(server=server, drain=drain, ended=ended, refused=refused)
    finally:
        server.begin_shutdown()
        server.begin_shutdown()
        await ended


@asynccontextmanager
async def plain_uvicorn(app: AsgiApp) -> AsyncIterator[int]:
    """The port of uvicorn's own protocol, for seeing what it lets through."""
    config = Config(app, log_config=None, lifespan="off", access_log=False)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: HttpToolsProtocol(config, state, {}), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        if state.tasks:
            await asyncio.wait(list(state.tasks), timeout=5)
        for task in state.tasks:
            task.cancel()
