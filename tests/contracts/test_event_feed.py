import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.contracts.given import an_execution_id
from tests.contracts.replicas import Replica, Replicas
from tests.contracts.waiting import happened

from domain.events import ExecutionEvent


def an_event(execution_id: str, number: int, event_type: str = "step.exit") -> ExecutionEvent:
    return ExecutionEvent(
        event_id=str(number),
        execution_id=execution_id,
        event_type=event_type,
        status="completed",
        at="2026-11-24T00:00:00Z",
        step_name=f"step-{number}",
    )


@asynccontextmanager
async def running(replica: Replica, handle: Callable[[ExecutionEvent], Awaitable[None]]) -> AsyncIterator[None]:
    feed = asyncio.ensure_future(replica.events.run(handle))
    try:
        yield
    finally:
        feed.cancel()
        await asyncio.gather(feed, return_exceptions=True)


async def test_each_event_is_handed_over_once_per_deployment_and_in_order(replicas: Replicas) -> None:
    execution_id = an_execution_id()
    handled: list[ExecutionEvent] = []

    async def handle(event: ExecutionEvent) -> None:
        await asyncio.sleep(0)
        handled.append(event)

    async with running(replicas.here, handle), running(replicas.there, handle):
        events = [an_event(execution_id, number) for number in range(1, 21)]
        for event in events:
            await replicas.happen(event)
        await happened(lambda: len(handled) >= len(events))

    assert handled == events


async def test_the_end_of_a_run_is_handed_over(replicas: Replicas) -> None:
    execution_id = an_execution_id()
    handled: list[ExecutionEvent] = []

    async def handle(event: ExecutionEvent) -> None:
        handled.append(event)

    async with running(replicas.here, handle):
        await replicas.happen(an_event(execution_id, 1, "playbook.completed"))
        await happened(lambda: handled)

    assert handled[0].is_terminal
    assert handled[0].execution_id == execution_id


async def test_another_replica_goes_on_where_one_has_stopped(replicas: Replicas) -> None:
    execution_id = an_execution_id()
    handled: list[ExecutionEvent] = []

    async def handle(event: ExecutionEvent) -> None:
        handled.append(event)

    async with running(replicas.there, handle):
        async with running(replicas.here, handle):
            await replicas.happen(an_event(execution_id, 1))
            await happened(lambda: len(handled) == 1)
        await replicas.happen(an_event(execution_id, 2))
        await happened(lambda: len(handled) == 2)

    assert [event.event_id for event in handled] == ["1", "2"]


async def test_an_event_that_could_not_be_handled_comes_again_in_its_order(replicas: Replicas) -> None:
    execution_id = an_execution_id()
    handled: list[ExecutionEvent] = []
    failures = 2

    async def handle(event: ExecutionEvent) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise RuntimeError("not now")
        handled.append(event)

    async with running(replicas.here, handle):
        events = [an_event(execution_id, number) for number in (1, 2, 3)]
        for event in events:
            await replicas.happen(event)
        await happened(lambda: len(handled) >= 3)

    assert handled == events
