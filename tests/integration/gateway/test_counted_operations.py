"""What an event and a callback cost at NATS, on the wire: with 10 000 pending requests the same as with ten."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import nats
import pytest
from nats.aio.client import Client
from tests.compatibility.event_stream import EventStream, opened
from tests.compatibility.nats_wire import NatsWire, nats_wire
from tests.compatibility.runs import answer, execute
from tests.contracts.given import a_request, an_execution_id
from tests.integration.gateway.conftest import Deployment

from adapters.nats.connection import NatsConnection
from adapters.nats.options import NatsOptions, NatsStorage
from adapters.nats.pending_requests import NatsPendingRequests

pytestmark = pytest.mark.integration

_MANY = 10_000
_AT_ONCE = 200
_SAMPLES = 5
_QUIET = 0.15
"""Seconds without a command of the gateway: what belongs to an event or callback has been sent."""


@dataclass(frozen=True, slots=True)
class Counting:
    """A page that waits at a gateway, and the wire between that and NATS."""

    gateway: httpx.AsyncClient
    wire: NatsWire
    bus: Client
    stream: EventStream
    client_id: str

    async def cost(self, work: Callable[[], Awaitable[object]]) -> int:
        """Commands with a subject that the gateway sends because of the work. The least of several: other things
        that it does at NATS from time to time are not counted.
        """
        return min([await self._sample(work) for _ in range(_SAMPLES)])

    async def _sample(self, work: Callable[[], Awaitable[object]]) -> int:
        await self._quiet()
        before = self._sent()
        await work()
        return await self._quiet() - before

    def _sent(self) -> int:
        return sum(1 for command in self.wire.commands() if command.subjects)

    async def _quiet(self) -> int:
        """The number of commands, once it has stood still."""
        async with asyncio.timeout(20):
            before = -1
            while (now := self._sent()) != before:
                before = now
                await asyncio.sleep(_QUIET)
        return now

    async def costs(self) -> dict[str, int]:
        runs = [await self._run() for _ in range(_SAMPLES)]
        run = await self._run()
        return {
            "event of the run": await self.cost(lambda: self._event(run["executionId"])),
            "event of an unknown run": await self.cost(self._foreign_event),
            "progress": await self.cost(lambda: self._progress(run["requestId"])),
            "callback": await self.cost(lambda: self._callback(runs.pop()["requestId"])),
            "callback of an unknown request": await self.cost(self._unknown_callback),
        }

    async def _run(self) -> Any:
        return await execute(self.gateway, "demo/slow", self.client_id, seconds=600)

    async def _event(self, execution_id: str) -> None:
        row = {"execution_id": execution_id, "event_type": "step.exit", "status": "completed"}
        row["event_id"] = an_execution_id()
        await self.bus.publish("noetl.events.step.exit", json.dumps(row).encode())
        await self.stream.next("playbook/state", execution_id=execution_id)

    async def _foreign_event(self) -> None:
        row = {"execution_id": an_execution_id(), "event_type": "step.exit", "status": "completed"}
        await self.bus.publish("noetl.events.step.exit", json.dumps(row).encode())
        await self.bus.flush()

    async def _progress(self, request_id: str) -> None:
        reply = await self.gateway.post("/api/internal/progress", json={"request_id": request_id, "step": "s"})
        assert reply.status_code == 200
        await self.stream.next("playbook/progress", requestId=request_id)

    async def _callback(self, request_id: str) -> None:
        assert (await answer(self.gateway, request_id, data={"n": 1})).status_code == 200
        await self.stream.next("playbook/result", requestId=request_id)

    async def _unknown_callback(self) -> None:
        assert (await answer(self.gateway, a_request().request_id)).status_code == 404


@pytest.fixture
async def counting(deployment: Deployment) -> AsyncIterator[Counting]:
    async with (
        nats_wire(deployment.behind.nats_url) as wire,
        deployment.gateway(NATS_URL=wire.url, GATEWAY_INTERNAL_TOKEN="") as gateway,
    ):
        token = await deployment.log_in(gateway)
        bus = await nats.connect(deployment.behind.nats_url)
        async with opened(gateway, token) as (stream, init):
            yield Counting(gateway, wire, bus, stream, init["clientId"])
        await bus.close()


@asynccontextmanager
async def _bucket(deployment: Deployment) -> AsyncIterator[NatsPendingRequests]:
    storage = NatsStorage(
        session_bucket=deployment.variables["NATS_SESSION_BUCKET"],
        request_bucket=deployment.variables["NATS_REQUEST_BUCKET"],
    )
    async with NatsConnection(NatsOptions(url=deployment.behind.nats_url, request_timeout=10.0)) as connection:
        yield NatsPendingRequests(connection, storage)


async def _fill(deployment: Deployment, number: int) -> None:
    """So many started requests of other clients."""
    async with _bucket(deployment) as pending:
        for start in range(0, number, _AT_ONCE):
            some = [a_request(execution_id=an_execution_id()) for _ in range(min(_AT_ONCE, number - start))]
            await asyncio.gather(*(pending.add(request) for request in some))


async def test_an_event_and_a_callback_cost_the_same_however_many_requests_are_pending(
    deployment: Deployment, counting: Counting
) -> None:
    await _fill(deployment, 10)
    few = await counting.costs()
    await _fill(deployment, _MANY)
    many = await counting.costs()
    assert many == few
    assert all(count <= 8 for count in many.values()), many
