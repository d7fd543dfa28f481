import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.unit.domain.gateway import Gateway
from tests.unit.domain.waiting_client import WaitingClient, a_waiting_client

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from adapters.memory.pending_requests import MemoryPendingRequests
from domain.callbacks import PendingRequest, PlaybookCallback
from domain.errors import StoreUnavailable
from domain.events import ExecutionEvent, Stage
from domain.ports.telemetry import Count
from domain.use_cases.relay_lifecycle import RelayLifecycle


@pytest.fixture
async def waiting(gateway: Gateway) -> WaitingClient:
    return await a_waiting_client(gateway)


def event(
    execution_id: str, event_type: str = "step.exit", *, number: int = 1, status: str = "done"
) -> ExecutionEvent:
    return ExecutionEvent(
        event_id=str(number),
        execution_id=execution_id,
        event_type=event_type,
        status=status,
        at="2026-11-24T00:00:00Z",
        step_name="fetch",
    )


async def test_the_client_that_waits_is_told_each_event(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.relay(event(waiting.execution_id))
    await gateway.relay(event(waiting.execution_id, "playbook.completed", number=2))

    assert await waiting.kinds() == ["step.exit", "playbook.completed"]
    assert (await waiting.told())[0] == {
        "execution_id": waiting.execution_id,
        "event_type": "step.exit",
        "step_name": "fetch",
        "status": "done",
        "at": "2026-11-24T00:00:00Z",
    }
    assert [frame.stage for frame in await waiting.frames()] == [Stage.RUNNING, Stage.TERMINAL]


async def test_an_event_that_is_handed_over_again_is_told_once(
    gateway: Gateway, bus: MemoryBus, waiting: WaitingClient
) -> None:
    await gateway.relay(event(waiting.execution_id))
    await Gateway(bus).relay(event(waiting.execution_id))

    assert len(await waiting.frames()) == 1


async def test_an_execution_that_nobody_waits_for_is_passed_over(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.relay(event("12345"))

    assert await waiting.frames() == []
    assert gateway.telemetry.counts[Count.LIFECYCLE_EVENTS, "unclaimed"] == 1


async def test_the_first_end_is_the_only_one(gateway: Gateway, bus: MemoryBus, waiting: WaitingClient) -> None:
    await gateway.relay(event(waiting.execution_id, "playbook.completed", number=1))
    await gateway.relay(event(waiting.execution_id, "playbook.failed", number=2, status="cancelled"))
    await Gateway(bus).relay(event(waiting.execution_id, "step.exit", number=3))

    assert await waiting.kinds() == ["playbook.completed"]


async def test_two_ends_at_the_same_time_are_one(gateway: Gateway, bus: MemoryBus, waiting: WaitingClient) -> None:
    await asyncio.gather(
        gateway.relay(event(waiting.execution_id, "playbook.completed", number=1)),
        Gateway(bus).relay(event(waiting.execution_id, "playbook.failed", number=2)),
    )

    assert len(await waiting.frames()) == 1


async def test_after_the_workers_answer_only_the_real_end_is_told(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.deliver(PlaybookCallback(request_id=waiting.request_id))
    await gateway.relay(event(waiting.execution_id, "step.exit", number=1))
    await gateway.relay(event(waiting.execution_id, "playbook.completed", number=2))

    assert await waiting.kinds() == ["playbook.completed", "playbook/result", "playbook.completed"]


async def test_a_touched_calendar_is_told_even_after_the_end(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.relay(event(waiting.execution_id, "playbook.completed", number=1))
    await gateway.relay(event(waiting.execution_id, "calendar.event.touched", number=2))

    assert await waiting.kinds() == ["playbook.completed", "calendar.event.touched"]
    assert (await waiting.frames())[1].stage is Stage.NONE


async def test_an_ended_request_is_no_longer_listed(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.relay(event(waiting.execution_id, "playbook.failed"))

    assert list(await gateway.pending.of_client(waiting.client.client_id)) == []


async def test_what_cannot_be_stored_is_reported_so_that_it_comes_again(
    gateway: Gateway, bus: MemoryBus, waiting: WaitingClient
) -> None:
    bus.outage()
    with pytest.raises(StoreUnavailable):
        await gateway.relay(event(waiting.execution_id))

    bus.recovery()
    await gateway.relay(event(waiting.execution_id))
    assert await waiting.kinds() == ["step.exit"]


class LateRequests(MemoryPendingRequests):
    """Its answers about executions were read before the request was stored."""

    def __init__(self, bus: MemoryBus) -> None:
        super().__init__(bus)
        self.too_early = 0
        self.meanwhile: asyncio.Event | None = None

    async def of_execution(self, execution_id: str) -> Sequence[PendingRequest]:
        if not self.too_early:
            return await super().of_execution(execution_id)
        self.too_early -= 1
        if self.meanwhile is not None:
            await self.meanwhile.wait()
        return ()


async def _request_of(waiting: WaitingClient) -> PendingRequest:
    request = await waiting.gateway.pending.get(waiting.request_id)
    assert request is not None
    return request


@pytest.fixture
def late(bus: MemoryBus) -> LateRequests:
    return LateRequests(bus)


@pytest.fixture
def relay(gateway: Gateway, late: LateRequests) -> RelayLifecycle:
    return replace(gateway.relay, pending=late)


async def test_a_run_that_is_faster_than_the_execute_call_is_caught_up_with(
    relay: RelayLifecycle, late: LateRequests, waiting: WaitingClient
) -> None:
    late.too_early = 2
    await relay(event(waiting.execution_id, number=1))
    await relay(event(waiting.execution_id, "playbook.completed", number=2))
    assert await waiting.frames() == []

    await relay.catch_up(await _request_of(waiting))
    await relay.catch_up(await _request_of(waiting))

    assert await waiting.kinds() == ["step.exit", "playbook.completed"]


async def test_a_start_that_becomes_known_while_the_store_is_asked_is_not_missed(
    relay: RelayLifecycle, late: LateRequests, waiting: WaitingClient
) -> None:
    late.too_early, late.meanwhile = 1, asyncio.Event()
    relaying = asyncio.ensure_future(relay(event(waiting.execution_id, "playbook.completed")))
    await asyncio.sleep(0)

    await relay.catch_up(await _request_of(waiting))
    late.meanwhile.set()
    await relaying

    assert await waiting.kinds() == ["playbook.completed"]


async def test_events_that_came_too_early_are_told_before_the_next_one(
    relay: RelayLifecycle, late: LateRequests, waiting: WaitingClient
) -> None:
    late.too_early = 2
    for number in (1, 2, 3):
        await relay(event(waiting.execution_id, number=number, status=f"{number}"))

    assert [params["status"] for params in await waiting.told()] == ["1", "2", "3"]


async def test_the_end_of_a_long_run_is_kept_for_who_comes_late(
    relay: RelayLifecycle, late: LateRequests, waiting: WaitingClient
) -> None:
    late.too_early = 101
    for number in range(100):
        await relay(event(waiting.execution_id, number=number))
    await relay(event(waiting.execution_id, "playbook.completed", number=100))

    await relay.catch_up(await _request_of(waiting))

    assert (await waiting.kinds())[-1] == "playbook.completed"


async def test_a_catch_up_that_fails_halfway_can_be_repeated(
    relay: RelayLifecycle, late: LateRequests, bus: MemoryBus, waiting: WaitingClient
) -> None:
    late.too_early = 1
    await relay(event(waiting.execution_id))
    request = await _request_of(waiting)
    bus.outage()
    with pytest.raises(StoreUnavailable):
        await relay.catch_up(request)

    bus.recovery()
    await relay.catch_up(request)
    assert await waiting.kinds() == ["step.exit"]


async def test_of_two_ends_that_did_not_know_of_each_other_the_first_stays(
    relay: RelayLifecycle, late: LateRequests, bus: MemoryBus, waiting: WaitingClient
) -> None:
    request = await _request_of(waiting)
    late.too_early = 1
    await relay(event(waiting.execution_id, "playbook.failed", number=2, status="cancelled"))
    await Gateway(bus).relay(event(waiting.execution_id, "playbook.completed", number=1))

    await relay.catch_up(request)

    assert await waiting.kinds() == ["playbook.completed"]


async def test_early_events_are_forgotten_after_a_while(
    relay: RelayLifecycle, late: LateRequests, clock: ManualClock, waiting: WaitingClient
) -> None:
    late.too_early = 1
    await relay(event(waiting.execution_id))
    await clock.advance(31)

    await relay.catch_up(await _request_of(waiting))

    assert await waiting.frames() == []
