import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.contracts.given import a_request, an_execution_id
from tests.contracts.replicas import Replica, Replicas
from tests.contracts.waiting import eventually

from domain.callbacks import PendingRequest


@asynccontextmanager
async def heard_by(replica: Replica) -> AsyncIterator[list[PendingRequest]]:
    heard: list[PendingRequest] = []

    async def listen() -> None:
        async for request in replica.started.hear():
            heard.append(request)  # noqa: PERF401 - one at a time, as they are heard

    listening = asyncio.ensure_future(listen())
    try:
        yield heard
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_every_replica_hears_of_a_started_request(replicas: Replicas) -> None:
    request = a_request(execution_id=an_execution_id())
    async with heard_by(replicas.here) as here, heard_by(replicas.there) as there:

        async def told() -> bool:
            await replicas.here.started.tell(request)
            return request in here and request in there

        await eventually(told)


async def test_telling_never_fails(replicas: Replicas) -> None:
    request = a_request(execution_id=an_execution_id())
    await replicas.here.started.tell(request)
    await replicas.outage()

    await replicas.here.started.tell(request)


async def test_who_listens_hears_again_after_an_outage(replicas: Replicas) -> None:
    request = a_request(execution_id=an_execution_id())
    async with heard_by(replicas.here) as here:
        await replicas.outage()
        await replicas.recovery()

        async def told() -> bool:
            await replicas.there.started.tell(request)
            return request in here

        await eventually(told)
