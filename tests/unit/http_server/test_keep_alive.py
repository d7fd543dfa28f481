"""How long a connection without a request is kept: as the settings say, on every listener."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.unit.http_server.applications import RecordingApp
from tests.unit.http_server.heads import get
from tests.unit.http_server.raw_client import connected
from tests.unit.http_server.servers import WITHOUT_GRACE, serving
from tests.unit.running_gateway import memory_container

from adapters.memory.bus import MemoryBus
from adapters.memory.playbook_runner import MemoryPlaybookRunner
from adapters.memory.session_authority import MemorySessionAuthority
from adapters.system.clock import SystemClock
from entrypoints.demo.ports import free_socket
from entrypoints.http.server.limits import RequestLimits
from entrypoints.serving import gateway_server

LONGER_THAN_A_BALANCER = 620.0


@dataclass(frozen=True, slots=True)
class Ports:
    public: int
    internal: int


@pytest.fixture
async def ports() -> AsyncIterator[Ports]:
    """Of a whole gateway that keeps idle connections for a second."""
    bus = MemoryBus(SystemClock())
    variables = {"GATEWAY_KEEP_ALIVE_SECS": "1", "GATEWAY_INTERNAL_PORT": "9", "GATEWAY_DRAIN_SECS": "0"}
    container = memory_container(bus, MemorySessionAuthority(bus.clock, {}), MemoryPlaybookRunner(), variables)
    with contextlib.closing(free_socket()) as public, contextlib.closing(free_socket()) as internal:
        ports = Ports(public.getsockname()[1], internal.getsockname()[1])
        server = gateway_server(container, [public], [internal])
        await server.start()
        try:
            yield ports
        finally:
            server.begin_shutdown()
            await server.until_ended()


@pytest.mark.parametrize("listener", ["public", "internal"])
async def test_a_connection_is_closed_once_it_has_been_idle_for_the_seconds_of_the_setting(
    ports: Ports, listener: str
) -> None:
    async with connected(getattr(ports, listener)) as client:
        await client.send(get(b"/health"))
        assert (await client.answer()).status == 200
        assert await client.rest() == b""


async def test_each_request_before_that_is_served_and_begins_the_time_anew(ports: Ports) -> None:
    async with connected(ports.public) as client:
        for _ in range(4):
            await client.send(get(b"/health"))
            assert (await client.answer()).status == 200
            await asyncio.sleep(0.6)
        await client.send(get(b"/health"))
        assert (await client.answer()).status == 200
        assert await client.rest() == b""


async def test_connections_that_would_be_kept_for_long_do_not_hold_the_end_up() -> None:
    limits = RequestLimits(keep_alive_secs=LONGER_THAN_A_BALANCER)
    async with (
        serving(RecordingApp(), limits=limits, timing=WITHOUT_GRACE) as served,
        connected(served.port) as client,
    ):
        await client.send(get())
        assert "connection" not in (await client.answer()).headers
        served.server.begin_shutdown()
        assert await client.rest() == b""
        async with asyncio.timeout(5):
            await served.ended


async def test_a_balancer_that_brings_one_more_request_in_the_grace_is_told_to_leave() -> None:
    limits = RequestLimits(keep_alive_secs=LONGER_THAN_A_BALANCER)
    async with (
        serving(RecordingApp(), limits=limits, timing=WITHOUT_GRACE.within(10)) as served,
        connected(served.port) as client,
    ):
        await client.send(get())
        await client.answer()
        served.server.begin_shutdown()
        await served.drain.wait()
        await client.send(get())
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await client.rest() == b""
