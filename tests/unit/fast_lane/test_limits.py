"""Reading is the same below both lanes: a connection that the lane has just served is held to every limit."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.unit.adapters.http1.scripted_server import OK, Peer, ScriptedServer, serving
from tests.unit.domain.gateway import Gateway
from tests.unit.fast_lane.lanes import SOON, lane
from tests.unit.fast_lane.vocabulary import HOST
from tests.unit.http_server.heads import BAD, Bad

from entrypoints.http.server.limits import RequestLimits

both = pytest.mark.parametrize("fast", [True, False], ids=["fast", "normal"])


@pytest.fixture
async def noetl() -> AsyncIterator[ScriptedServer]:
    async def answers(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.answer(OK)

    async with serving(answers) as server:
        yield server


@both
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.what)
async def test_a_bad_request_behind_a_good_one_is_refused_and_not_passed_on(
    gateway: Gateway, noetl: ScriptedServer, fast: bool, bad: Bad
) -> None:
    async with lane(gateway, noetl.base_url, fast=fast) as served, served.warm() as client:
        await client.send(served.request())
        assert (await client.answer()).status == 200
        assert len(served.taken) == (1 if fast else 0)
        await client.send(bad.request)
        assert (await client.answer()).status == bad.status
        await client.rest()
    assert [request.line.split()[1] for request in noetl.received] == [b"/api/warm", b"/api/executions"]


@both
@pytest.mark.parametrize("beginning", [b"GET", b"GET /noetl/x HTTP/1.1\r\nhost: %b\r\nx-slow: " % HOST])
async def test_a_head_that_does_not_arrive_in_time_is_refused(
    gateway: Gateway, noetl: ScriptedServer, fast: bool, beginning: bytes
) -> None:
    limits = RequestLimits(head_secs=0.2)
    async with lane(gateway, noetl.base_url, fast=fast, limits=limits) as served, served.warm() as client:
        await client.send(served.request())
        assert (await client.answer()).status == 200
        async with asyncio.timeout(SOON):
            await client.send(beginning)
            assert (await client.answer()).status == 408
            await client.rest()


@both
async def test_an_idle_connection_is_closed_without_a_word(
    gateway: Gateway, noetl: ScriptedServer, fast: bool
) -> None:
    limits = RequestLimits(keep_alive_secs=0.2)
    async with lane(gateway, noetl.base_url, fast=fast, limits=limits) as served, served.warm() as client:
        await client.send(served.request())
        assert (await client.answer()).status == 200
        assert await client.rest() == b""


@both
async def test_a_host_that_is_not_served_is_refused_each_time(
    gateway: Gateway, noetl: ScriptedServer, fast: bool
) -> None:
    limits = RequestLimits(allowed_hosts=(HOST.decode(),))
    async with lane(gateway, noetl.base_url, fast=fast, limits=limits) as served:
        for _ in range(2):
            async with served.warm() as client:
                await client.send(served.request())
                assert (await client.answer()).status == 200
                await client.send(served.request().replace(HOST, b"elsewhere.test"))
                assert (await client.answer()).status == 421
                await client.rest()
