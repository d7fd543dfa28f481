"""What the memory adapters forget, and when."""

import pytest
from tests.contracts.given import a_client_id, a_frame, a_request, a_session, an_execution_id, step_of

from adapters.memory.bus import Ages, MemoryBus
from adapters.memory.client_registry import MemoryClientRegistry
from adapters.memory.client_streams import MemoryClientStreams
from adapters.memory.clock import ManualClock
from adapters.memory.pending_requests import MemoryPendingRequests
from adapters.memory.session_store import MemorySessionStore
from domain.events import EventId

AGES = Ages(sessions=300, requests=1800, clients=600, duplicates=120)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bus(clock: ManualClock) -> MemoryBus:
    return MemoryBus(clock, ages=AGES, frames_per_client=3)


async def test_a_session_is_forgotten_by_age_unless_it_is_stored_again(bus: MemoryBus, clock: ManualClock) -> None:
    store, session = MemorySessionStore(bus), a_session()
    await store.put(session)
    await clock.advance(299)
    await store.put(session)
    await clock.advance(299)
    assert await store.get(session.token) == session

    await clock.advance(1)
    assert await store.get(session.token) is None
    assert store.peek(session.token) is None


async def test_a_pending_request_is_forgotten_by_age_in_every_lookup(bus: MemoryBus, clock: ManualClock) -> None:
    pending, client_id, execution_id = MemoryPendingRequests(bus), a_client_id(), an_execution_id()
    request = a_request(client_id, execution_id)
    await pending.save(request)
    await clock.advance(1800)

    assert await pending.get(request.request_id) is None
    assert list(await pending.of_execution(execution_id)) == []
    assert list(await pending.of_client(client_id)) == []
    assert (bus.requests._of_execution, bus.requests._of_client) == ({}, {})


async def test_use_keeps_a_client(bus: MemoryBus, clock: ManualClock) -> None:
    registry = MemoryClientRegistry(bus)
    client = await registry.open(7, bus.frames.newest)
    await clock.advance(500)
    await registry.reached(client, client.position)
    await clock.advance(500)
    assert await registry.get(client.client_id) == client

    await clock.advance(100)
    assert await registry.get(client.client_id) is None


async def test_a_key_may_be_used_again_after_the_duplicate_window(bus: MemoryBus, clock: ManualClock) -> None:
    streams, client_id = MemoryClientStreams(bus), a_client_id()
    start = await streams.position()
    await streams.publish(client_id, [a_frame("a")])
    await clock.advance(119)
    await streams.publish(client_id, [a_frame("a")])
    assert len((await streams.replay(client_id, start)).frames) == 1

    await clock.advance(1)
    await streams.publish(client_id, [a_frame("a")])
    assert len((await streams.replay(client_id, start)).frames) == 2


async def test_of_each_client_only_the_newest_frames_are_kept(bus: MemoryBus) -> None:
    streams, client_id, other = MemoryClientStreams(bus), a_client_id(), a_client_id()
    start = await streams.position()
    await streams.publish(other, [a_frame()])
    await streams.publish(client_id, [a_frame(step=f"{n}") for n in range(5)])

    assert not (await streams.replay(client_id, start)).complete
    assert (await streams.replay(other, start)).complete
    kept = await streams.replay(client_id, EventId(start.epoch, 3))
    assert [step_of(frame) for frame in kept.frames] == ["2", "3", "4"]
