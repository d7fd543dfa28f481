import asyncio
from collections.abc import Callable

import pytest

from adapters.nats.execution_lanes import ExecutionLanes
from domain.errors import StoreUnavailable
from domain.events import ExecutionEvent


def an_event(execution_id: str, number: int = 0) -> ExecutionEvent:
    return ExecutionEvent(
        event_id=str(number), execution_id=execution_id, event_type="step.exit", status="completed", at="now"
    )


class Outcomes:
    def __init__(self) -> None:
        self.seen: list[tuple[str, bool]] = []

    def of(self, event: ExecutionEvent) -> Callable[[bool], None]:
        return lambda handled: self.seen.append((event.event_id, handled))

    async def number(self, wanted: int) -> None:
        async with asyncio.timeout(5):
            while len(self.seen) < wanted:
                await asyncio.sleep(0)


async def test_events_of_one_execution_are_handled_one_after_the_other() -> None:
    running, outcomes = 0, Outcomes()

    async def handle(event: ExecutionEvent) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0)
        running -= 1

    lanes = ExecutionLanes(handle, pauses=())
    for number in range(20):
        lanes.put(an_event("1", number), outcomes.of(an_event("1", number)))
    await outcomes.number(20)

    assert outcomes.seen == [(str(number), True) for number in range(20)]
    await lanes.close()


async def test_one_execution_does_not_wait_for_another_but_only_so_many_are_handled_at_once() -> None:
    gate, running, most = asyncio.Event(), 0, 0
    outcomes = Outcomes()

    async def handle(event: ExecutionEvent) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1

    lanes = ExecutionLanes(handle, pauses=(), at_once=3)
    for number in range(10):
        lanes.put(an_event(str(number), number), outcomes.of(an_event(str(number), number)))
    for _ in range(10):
        await asyncio.sleep(0)
    assert (running, most) == (3, 3)

    gate.set()
    await outcomes.number(10)
    assert most == 3
    await lanes.close()


@pytest.mark.parametrize("error", [StoreUnavailable(), RuntimeError("surprise")])
async def test_a_failed_event_is_tried_again_before_the_next_and_given_up_in_the_end(error: Exception) -> None:
    tried, outcomes = [], Outcomes()

    async def handle(event: ExecutionEvent) -> None:
        tried.append(event.event_id)
        if event.event_id == "1":
            raise error

    lanes = ExecutionLanes(handle, pauses=(0.001, 0.001))
    for number in (1, 2):
        lanes.put(an_event("9", number), outcomes.of(an_event("9", number)))
    await outcomes.number(2)

    assert tried == ["1", "1", "1", "2"]
    assert outcomes.seen == [("1", False), ("2", True)]
    await lanes.close()


async def test_there_is_room_again_once_events_are_handled() -> None:
    gate, outcomes = asyncio.Event(), Outcomes()

    async def handle(event: ExecutionEvent) -> None:
        await gate.wait()

    lanes = ExecutionLanes(handle, pauses=(), capacity=2)
    for number in (1, 2):
        lanes.put(an_event("9", number), outcomes.of(an_event("9", number)))
    assert lanes.room == 0
    waiting = asyncio.ensure_future(lanes.until_room())
    await asyncio.sleep(0)
    assert not waiting.done()

    gate.set()
    await asyncio.wait_for(waiting, 5)
    assert lanes.room > 0
    await lanes.close()


async def test_what_is_unfinished_when_it_closes_is_reported_as_not_handled() -> None:
    outcomes = Outcomes()

    async def handle(event: ExecutionEvent) -> None:
        await asyncio.Event().wait()

    lanes = ExecutionLanes(handle, pauses=())
    for number in (1, 2):
        lanes.put(an_event("9", number), outcomes.of(an_event("9", number)))
    await asyncio.sleep(0)
    await lanes.close()

    assert outcomes.seen == [("1", False), ("2", False)]
