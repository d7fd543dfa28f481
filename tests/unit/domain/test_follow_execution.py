import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.unit.domain.feed_doubles import WrittenSink
from tests.unit.domain.gateway import ALICE, MALLORY, PLAYBOOK, Gateway
from tests.unit.domain.waiting_client import WaitingClient, a_waiting_client

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from domain.callbacks import PlaybookCallback
from domain.clients import Cursor
from domain.errors import RequestMalformed, RequestUnknown
from domain.events import ExecutionEvent
from domain.identity import Session
from domain.playbooks import ExecutionOrder, RunStatus
from domain.use_cases.follow_execution import FollowedExecution, FollowExecution


@pytest.fixture
def follow(gateway: Gateway) -> FollowExecution:
    return FollowExecution(
        clients=gateway.clients,
        streams=gateway.streams,
        pending=gateway.pending,
        recover=gateway.recover,
        clock=gateway.clock,
    )


@pytest.fixture
async def waiting(gateway: Gateway) -> WaitingClient:
    return await a_waiting_client(gateway)


@pytest.fixture
async def session(gateway: Gateway) -> Session:
    return await gateway.logged_in()


@asynccontextmanager
async def served(
    follow: FollowExecution, followed: FollowedExecution, clock: ManualClock
) -> AsyncIterator[WrittenSink]:
    sink = WrittenSink()
    async with follow.serve(followed, sink, lambda: None):
        await clock.advance(0)
        yield sink


def event(execution_id: str, event_type: str, number: int = 1) -> ExecutionEvent:
    return ExecutionEvent(
        event_id=str(number), execution_id=execution_id, event_type=event_type, status="done", at="now"
    )


def kinds(sink: WrittenSink) -> list[object]:
    return [json.loads(frame.data)["params"]["event_type"] for frame in sink.written]


async def test_a_follower_sees_the_states_of_the_run_and_nothing_else(
    gateway: Gateway, clock: ManualClock, follow: FollowExecution, session: Session, waiting: WaitingClient
) -> None:
    other = await gateway.execute(session, ExecutionOrder(path=PLAYBOOK), str(waiting.client.client_id))
    followed = await follow.open(session, waiting.execution_id, None)
    async with served(follow, followed, clock) as sink:
        await gateway.relay(event(waiting.execution_id, "step.exit"))
        await gateway.relay(event(other.execution.execution_id, "step.exit", 2))
        await gateway.deliver(PlaybookCallback(request_id=waiting.request_id))
        await gateway.relay(event(waiting.execution_id, "playbook.completed", 3))
        await clock.advance(0)

        assert kinds(sink) == ["step.exit", "playbook.completed", "playbook.completed"]
        assert {frame.execution_id for frame in sink.written} == {waiting.execution_id}


async def test_a_follower_waits_for_no_announcement(
    gateway: Gateway, clock: ManualClock, follow: FollowExecution, session: Session, waiting: WaitingClient
) -> None:
    """Who names the execution has read the answer that announced it."""
    followed = await follow.open(session, waiting.execution_id, None)
    async with served(follow, followed, clock) as sink:
        await gateway.relay(event(waiting.execution_id, "step.exit"))
        await clock.advance(0)

        assert kinds(sink) == ["step.exit"]


async def test_what_came_before_is_told_first(
    gateway: Gateway, clock: ManualClock, follow: FollowExecution, session: Session, waiting: WaitingClient
) -> None:
    await gateway.relay(event(waiting.execution_id, "step.exit"))
    await gateway.relay(event(waiting.execution_id, "playbook.completed", 2))

    followed = await follow.open(session, waiting.execution_id, None)

    assert not followed.over
    async with served(follow, followed, clock) as sink:
        assert kinds(sink) == ["step.exit", "playbook.completed"]


async def test_who_has_seen_the_end_is_told_that_it_is_over(
    gateway: Gateway, follow: FollowExecution, session: Session, waiting: WaitingClient
) -> None:
    await gateway.relay(event(waiting.execution_id, "playbook.completed"))
    end = (await waiting.frames())[-1].id

    assert (await follow.open(session, waiting.execution_id, str(Cursor(end, waiting.client.client_id)))).over
    assert (await follow.open(session, waiting.execution_id, str(Cursor(end, None)))).over


@pytest.mark.parametrize("last_event", ["nonsense", "other-3"])
async def test_a_position_that_makes_no_sense_is_answered_by_a_reset(
    clock: ManualClock, follow: FollowExecution, session: Session, waiting: WaitingClient, last_event: str
) -> None:
    followed = await follow.open(session, waiting.execution_id, last_event)

    assert not followed.over
    async with served(follow, followed, clock) as sink:
        assert len(sink.resets) == 1


async def test_history_that_was_lost_before_anybody_followed_is_not_missed(
    bus: MemoryBus, clock: ManualClock, follow: FollowExecution, session: Session, waiting: WaitingClient
) -> None:
    bus.frames.lose()

    async with served(follow, await follow.open(session, waiting.execution_id, None), clock) as sink:
        assert sink.resets == []


async def test_an_end_that_was_missed_is_told(
    gateway: Gateway, clock: ManualClock, follow: FollowExecution, session: Session, waiting: WaitingClient
) -> None:
    gateway.runner.statuses[waiting.execution_id] = RunStatus.FAILED

    async with served(follow, await follow.open(session, waiting.execution_id, None), clock) as sink:
        assert kinds(sink) == ["playbook.failed"]


async def test_a_run_that_none_of_the_users_clients_waits_for_is_unknown(
    gateway: Gateway, clock: ManualClock, follow: FollowExecution, session: Session, waiting: WaitingClient
) -> None:
    mallory = await gateway.logged_in(MALLORY)
    for who, execution_id in ((mallory, waiting.execution_id), (session, "12345")):
        opening = asyncio.ensure_future(follow.open(who, execution_id, None))
        await clock.advance(1)
        with pytest.raises(RequestUnknown):
            await opening


async def test_a_run_that_is_stored_a_moment_later_is_found(
    gateway: Gateway, clock: ManualClock, follow: FollowExecution, session: Session
) -> None:
    opening = asyncio.ensure_future(follow.open(session, "766633604884463618", None))
    await clock.advance(0)
    client = await gateway.clients.open(ALICE.user_id, await gateway.streams.position())
    started = await gateway.execute(session, ExecutionOrder(path=PLAYBOOK), str(client.client_id))
    assert started.execution.execution_id == "766633604884463618"

    await clock.advance(1)
    assert (await opening).client_id == client.client_id


async def test_an_id_that_is_no_number_is_malformed(follow: FollowExecution, session: Session) -> None:
    with pytest.raises(RequestMalformed):
        await follow.open(session, ">", None)


async def test_a_follower_leaves_the_clients_own_stream_alone(
    gateway: Gateway, clock: ManualClock, follow: FollowExecution, session: Session, waiting: WaitingClient
) -> None:
    replaced: list[str] = []
    opened = await gateway.stream_events.open(session, str(waiting.client.client_id), None)
    async with (
        gateway.stream_events.serve(opened, WrittenSink(), lambda: replaced.append("own stream")),
        served(follow, await follow.open(session, waiting.execution_id, None), clock),
    ):
        await clock.advance(0)

    assert replaced == []
