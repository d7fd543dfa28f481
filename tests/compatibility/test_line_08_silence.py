"""Line 8: 30 s pings and a comment keep-alive; on a clock that runs ten times as fast (wire 4.5)."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from dependency_injector import providers
from tests.compatibility.conftest import client_of
from tests.compatibility.event_stream import Event, events
from tests.integration.gateway.conftest import Deployment

from domain.ports.clock import Clock
from entrypoints.container import Container
from entrypoints.demo.ports import free_socket, origin_of
from entrypoints.serving import gateway_server
from entrypoints.settings.loading import load

pytestmark = pytest.mark.integration

SPEED = 10


class FastClock:
    """The time of day is left alone: sessions end by it."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic() * SPEED

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


@contextlib.asynccontextmanager
async def _fast_gateway(deployment: Deployment) -> AsyncIterator[str]:
    fast: providers.Provider[Clock] = providers.Singleton(FastClock)
    with contextlib.closing(free_socket()) as sock:
        settings = load({**deployment.behind.variables, **deployment.variables})
        server = gateway_server(Container(settings=settings, clock=fast), [sock])
        await server.start()
        try:
            yield origin_of(sock)
        finally:
            server.begin_shutdown()
            await server.until_ended()


async def test_line_08_silence_is_broken_by_comments_and_pings(deployment: Deployment) -> None:
    async with deployment.gateway() as usual:
        token = await deployment.log_in(usual)
    async with _fast_gateway(deployment) as origin, client_of(origin) as client, events(client, token) as stream:
        blocks: list[Event | None] = [await stream.block() for _ in range(4)]
    assert [block.name or block.text for block in blocks if block] == ["message", "ping", ": ping", "ping"]
