"""Three servers, everything in three copies, and one of them killed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from tests.contracts.given import a_client_id, a_frame, a_request, a_session, an_execution_id, step_of
from tests.contracts.listeners import Listener
from tests.integration.nats.gateways import Gateway, gateway
from tests.integration.nats.servers import NatsServer, eventually, free_port

from adapters.nats.options import NatsStorage
from domain.errors import StoreUnavailable

STORAGE = NatsStorage(replicas=3, frames_per_client=100_000)
ELECTION = 30.0
"""Seconds that a cluster may need to find its feet."""


@pytest.fixture
async def cluster(make_server: Callable[..., NatsServer]) -> list[NatsServer]:
    routes = [free_port() for _ in range(3)]
    addresses = ",".join(f"nats://127.0.0.1:{port}" for port in routes)
    common = ("--cluster_name", "test", "--routes", addresses)
    servers = [
        make_server(*common, "--server_name", f"n{number}", "--cluster", f"nats://127.0.0.1:{port}")
        for number, port in enumerate(routes)
    ]
    for server in servers:
        await server.answering()
    return servers


@pytest.fixture
async def gateways(cluster: list[NatsServer]) -> AsyncIterator[list[Gateway]]:
    """Each prefers another server and knows all."""
    async with AsyncExitStack() as stack:
        made = []
        for number in range(3):
            url = ",".join(server.url for server in (*cluster[number:], *cluster[:number]))
            made.append(await stack.enter_async_context(gateway(url, STORAGE)))
        await eventually(lambda: all(each.sees_everything() for each in made), ELECTION)
        yield made


async def leader(cluster: list[NatsServer], gateway: Gateway) -> NatsServer:
    """Of the clients' stream."""
    answer = await gateway.connection.request("$JS.API.STREAM.INFO.GATEWAY_CLIENTS")
    return cluster[int(json.loads(answer.data)["cluster"]["leader"].removeprefix("n"))]


async def test_nothing_is_lost_while_a_cluster_loses_its_leader(
    cluster: list[NatsServer], gateways: list[Gateway]
) -> None:
    here, there, away = gateways
    client, listener, start = a_client_id(), Listener(), await here.streams.position()
    acknowledged: list[str] = []
    stop = asyncio.Event()

    async def publish() -> None:
        """A worker that repeats what was not acknowledged."""
        while not stop.is_set():
            number = len(acknowledged)
            try:
                await away.streams.publish(client, [a_frame(f"k{number}", step=f"{number}")])
            except StoreUnavailable:
                await asyncio.sleep(0.05)
            else:
                acknowledged.append(f"{number}")
                await asyncio.sleep(0.005)

    async with there.streams.attach(client, listener):
        worker = asyncio.ensure_future(publish())
        await eventually(lambda: len(acknowledged) > 50)
        victim = await leader(cluster, here)
        victim.kill()
        await eventually(lambda: len(acknowledged) > 150, ELECTION)
        victim.start()
        await eventually(lambda: all(each.sees_everything() for each in gateways), ELECTION)
        stop.set()
        await worker

        replay = await there.streams.replay(client, start)
        assert replay.complete
        assert [step_of(frame) for frame in replay.frames] == acknowledged
        live = [frame.id for frame in listener.frames]
        assert live == sorted(set(live))
        assert set(live) <= {frame.id for frame in replay.frames}
        assert listener.replacements == 0


async def test_what_one_replica_wrote_another_reads_at_once(gateways: list[Gateway]) -> None:
    """Direct reads may be answered by a server that is a moment behind."""
    here, there, away = gateways
    for _ in range(50):
        session, request, client = a_session(), a_request(execution_id=an_execution_id()), a_client_id()
        start = await away.streams.position()
        await here.sessions.put(session)
        await here.pending.add(request)
        await there.pending.save(replace(request, answered=True))
        await here.streams.publish(client, [a_frame(step="1"), a_frame(step="2")])
        opened = await here.clients.open(7, start)

        assert await there.sessions.get(session.token) == session
        assert await away.clients.get(opened.client_id) == opened
        assert [each.request_id for each in await away.pending.of_execution(request.execution_id)] == [
            request.request_id
        ]
        replay = await there.streams.replay(client, start)
        assert [step_of(frame) for frame in replay.frames] == ["1", "2"]
        assert replay.reached == replay.frames[-1].id
        await away.revocations.revoke(session.token)
        assert await here.revocations.is_revoked(session.token)


async def test_too_few_servers_for_the_copies_are_named_as_the_trouble(server: NatsServer) -> None:
    async with gateway(server.url, STORAGE) as alone:
        await eventually(lambda: "replicas > 1" in str(alone.connection.trouble()))
