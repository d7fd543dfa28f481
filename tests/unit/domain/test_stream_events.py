import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.unit.domain.feed_doubles import WrittenSink
from tests.unit.domain.gateway import MALLORY, Gateway
from tests.unit.domain.waiting_client import WaitingClient, a_waiting_client

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from domain.callbacks import PlaybookCallback
from domain.clients import Cursor
from domain.errors import ClientNotOwned, StoreUnavailable
from domain.events import EventId
from domain.holding import AFTER_RESPONSE
from domain.identity import Session
from domain.playbooks import Execution, RunStatus
from domain.use_cases.execute_playbook import Started
from domain.use_cases.stream_events import OpenedStream


@pytest.fixture
async def waiting(gateway: Gateway) -> WaitingClient:
    return await a_waiting_client(gateway)


@pytest.fixture
async def session(gateway: Gateway) -> Session:
    return await gateway.logged_in()


@asynccontextmanager
async def served(gateway: Gateway, opened: OpenedStream, clock: ManualClock) -> AsyncIterator[WrittenSink]:
    sink = WrittenSink()
    async with gateway.stream_events.serve(opened, sink, lambda: None):
        await clock.advance(0)
        yield sink


def events(sink: WrittenSink) -> list[object]:
    return [json.loads(frame.data)["params"].get("event_type", frame.event) for frame in sink.written]


@pytest.mark.parametrize(
    "client_text", [None, "", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "home-abcdefghij0123456789", ">"]
)
async def test_who_comes_without_a_client_of_their_own_gets_a_new_one(
    gateway: Gateway, session: Session, client_text: str | None
) -> None:
    opened = await gateway.stream_events.open(session, client_text, None)

    assert (opened.resumed, opened.pending) == (False, ())
    assert opened.client.user_id == session.user.user_id
    assert str(opened.client.client_id) != client_text
    assert opened.after == opened.client.position == await gateway.streams.position()


async def test_a_foreign_client_is_not_taken_over(gateway: Gateway, waiting: WaitingClient) -> None:
    mallory = await gateway.logged_in(MALLORY)

    by_name = await gateway.stream_events.open(mallory, str(waiting.client.client_id), None)
    by_cursor = await gateway.stream_events.open(
        mallory, None, str(Cursor(waiting.client.position, waiting.client.client_id))
    )

    for opened in (by_name, by_cursor):
        assert opened.client.client_id != waiting.client.client_id
        assert (opened.resumed, opened.pending) == (False, ())


async def test_who_must_name_their_client_may_not_name_another(
    gateway: Gateway, session: Session, waiting: WaitingClient
) -> None:
    mallory = await gateway.logged_in(MALLORY)

    with pytest.raises(ClientNotOwned):
        await gateway.stream_events.resume(mallory, str(waiting.client.client_id), None)
    with pytest.raises(ClientNotOwned):
        await gateway.stream_events.resume(session, "nonsense", None)
    resumed = await gateway.stream_events.resume(session, str(waiting.client.client_id), None)
    assert resumed.client.client_id == waiting.client.client_id


async def test_a_client_that_comes_back_is_told_what_it_waits_for(
    gateway: Gateway, session: Session, waiting: WaitingClient
) -> None:
    opened = await gateway.stream_events.open(session, str(waiting.client.client_id), None)

    assert opened.resumed
    assert [(each.request_id, each.execution_id) for each in opened.pending] == [
        (waiting.request_id, waiting.execution_id)
    ]
    assert opened.after == waiting.client.position


async def test_the_last_event_alone_tells_whose_stream_it_was(
    gateway: Gateway, session: Session, waiting: WaitingClient
) -> None:
    """A browser that reconnects by itself repeats its first URL, which knew no client."""
    cursor = Cursor(EventId(waiting.client.position.epoch, 1), waiting.client.client_id)

    opened = await gateway.stream_events.open(session, None, str(cursor))

    assert opened.client.client_id == waiting.client.client_id
    assert opened.after == cursor.position


async def test_what_was_stored_meanwhile_is_delivered_on_return(
    gateway: Gateway, bus: MemoryBus, clock: ManualClock, session: Session, waiting: WaitingClient
) -> None:
    await clock.advance(5)
    await gateway.deliver(PlaybookCallback(request_id=waiting.request_id))
    replica = Gateway(bus)

    opened = await replica.stream_events.open(session, str(waiting.client.client_id), None)

    async with served(replica, opened, clock) as sink:
        assert events(sink) == ["playbook.completed", "playbook/result"]
    assert opened.pending == []


async def test_what_was_received_before_is_not_delivered_again(
    gateway: Gateway, clock: ManualClock, session: Session, waiting: WaitingClient
) -> None:
    await clock.advance(5)
    await gateway.deliver(PlaybookCallback(request_id=waiting.request_id))
    state, _ = await waiting.frames()

    opened = await gateway.stream_events.open(session, None, str(Cursor(state.id, waiting.client.client_id)))

    async with served(gateway, opened, clock) as sink:
        assert events(sink) == ["playbook/result"]


@pytest.mark.parametrize("last_event", ["nonsense", "other-7", "a.b-3", "-", "x" * 400])
async def test_a_position_that_makes_no_sense_is_answered_by_one_reset(
    gateway: Gateway, clock: ManualClock, session: Session, waiting: WaitingClient, last_event: str
) -> None:
    await gateway.deliver(PlaybookCallback(request_id=waiting.request_id))
    opened = await gateway.stream_events.open(session, str(waiting.client.client_id), last_event)

    async with served(gateway, opened, clock) as sink:
        await clock.advance(20)
        assert len(sink.resets) == 1
        assert sink.written == []


async def test_the_position_of_another_client_is_answered_by_a_reset(
    gateway: Gateway, clock: ManualClock, session: Session, waiting: WaitingClient
) -> None:
    other = await a_waiting_client(gateway)
    cursor = Cursor(other.client.position, other.client.client_id)

    opened = await gateway.stream_events.open(session, str(waiting.client.client_id), str(cursor))

    async with served(gateway, opened, clock) as sink:
        assert len(sink.resets) == 1


async def test_a_lost_history_is_told_by_a_reset_and_then_frames_come(
    gateway: Gateway, bus: MemoryBus, clock: ManualClock, session: Session, waiting: WaitingClient
) -> None:
    bus.frames.lose()
    opened = await gateway.stream_events.open(session, str(waiting.client.client_id), None)

    async with served(gateway, opened, clock) as sink:
        assert len(sink.resets) == 1
        await clock.advance(5)
        await gateway.deliver(PlaybookCallback(request_id=waiting.request_id))
        await clock.advance(0)
        assert events(sink) == ["playbook.completed", "playbook/result"]


async def test_a_result_waits_for_the_response_that_names_its_request_whichever_replica_writes_it(
    gateway: Gateway, bus: MemoryBus, clock: ManualClock, session: Session, waiting: WaitingClient
) -> None:
    opened = await gateway.stream_events.open(session, str(waiting.client.client_id), None)
    replica = Gateway(bus)
    started = Started(
        execution=Execution(execution_id=waiting.execution_id),
        request_id=waiting.request_id,
        client_id=waiting.client.client_id,
    )
    async with served(gateway, opened, clock) as sink:
        await replica.deliver(PlaybookCallback(request_id=waiting.request_id))
        await clock.advance(1)
        assert sink.written == []

        await replica.announce(started)
        await clock.advance(AFTER_RESPONSE / 2)
        assert sink.written == [], "the page has not read the response yet"

        await clock.advance(AFTER_RESPONSE / 2)
        assert events(sink) == ["playbook.completed", "playbook/result"]


async def test_there_is_nothing_to_announce_where_no_client_waits(gateway: Gateway, bus: MemoryBus) -> None:
    bus.outage()

    await gateway.announce(Started(execution=Execution(execution_id="7")))


async def test_an_end_that_was_missed_is_told_to_the_client_that_comes_back(
    gateway: Gateway, clock: ManualClock, session: Session, waiting: WaitingClient
) -> None:
    await clock.advance(5)
    gateway.runner.statuses[waiting.execution_id] = RunStatus.FAILED
    opened = await gateway.stream_events.open(session, str(waiting.client.client_id), None)

    async with served(gateway, opened, clock) as sink:
        assert events(sink) == ["playbook.failed"]


async def test_a_newer_connection_takes_the_client_over(
    gateway: Gateway, bus: MemoryBus, clock: ManualClock, session: Session, waiting: WaitingClient
) -> None:
    replaced: list[str] = []
    replica = Gateway(bus)
    opened = await gateway.stream_events.open(session, str(waiting.client.client_id), None)
    async with (
        gateway.stream_events.serve(opened, WrittenSink(), lambda: replaced.append("old")),
        replica.stream_events.serve(opened, WrittenSink(), lambda: replaced.append("new")),
    ):
        await clock.advance(0)

    assert replaced == ["old"]


async def test_no_stream_is_opened_while_the_store_is_away(
    gateway: Gateway, bus: MemoryBus, session: Session
) -> None:
    bus.outage()

    with pytest.raises(StoreUnavailable):
        await gateway.stream_events.open(session, None, None)


async def test_kept_frames_can_be_had_without_a_stream(
    gateway: Gateway, clock: ManualClock, session: Session, waiting: WaitingClient
) -> None:
    opened = await gateway.stream_events.resume(session, str(waiting.client.client_id), None)
    sink = WrittenSink()
    await gateway.deliver(PlaybookCallback(request_id=waiting.request_id))

    early = await gateway.stream_events.kept(opened, sink)
    assert (early, sink.written) == (waiting.client.position, [])

    await clock.advance(5)
    reached = await gateway.stream_events.kept(opened, sink)
    assert events(sink) == ["playbook.completed", "playbook/result"]
    assert reached == sink.written[-1].id


async def test_asking_for_what_follows_acknowledges_what_came_before(
    gateway: Gateway, session: Session, waiting: WaitingClient
) -> None:
    await gateway.deliver(PlaybookCallback(request_id=waiting.request_id))
    newest = (await waiting.frames())[-1].id
    cursor = str(Cursor(newest, waiting.client.client_id))

    await gateway.stream_events.acknowledge(
        await gateway.stream_events.resume(session, str(waiting.client.client_id), cursor)
    )
    await gateway.stream_events.acknowledge(
        await gateway.stream_events.resume(session, str(waiting.client.client_id), None)
    )

    client = await gateway.clients.get(waiting.client.client_id)
    assert client is not None
    assert client.position == newest


async def test_a_client_nobody_was_told_of_hears_what_comes_without_a_look_into_the_history(
    gateway: Gateway, session: Session, bus: MemoryBus, clock: ManualClock
) -> None:
    opened = await gateway.stream_events.open(session, None, None)
    bus.outage()
    async with gateway.stream_events.serve(opened, WrittenSink(), lambda: None, unheard_of=True) as live:
        await clock.advance(0)
        assert not live.feed.needs_replay
