"""Lifecycle events, with and without a stream that holds them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.integration.nats.gateways import Gateway
from tests.integration.nats.servers import NatsServer, eventually

from domain.errors import StoreUnavailable
from domain.events import ExecutionEvent

MakeGateway = Callable[..., Awaitable[Gateway]]
CAPTURES = Path(__file__).parents[2] / "fixtures" / "noetl-captures"


class Handled:
    """`failing`: event ids whose handling raises, each as often as it is named."""

    def __init__(self) -> None:
        self.events: list[ExecutionEvent] = []
        self.failing: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def ids(self) -> list[str]:
        return [event.event_id for event in self.events]

    async def __call__(self, event: ExecutionEvent) -> None:
        await self.gate.wait()
        if event.event_id in self.failing:
            self.failing.remove(event.event_id)
            raise StoreUnavailable
        self.events.append(event)


@asynccontextmanager
async def running(gateway: Gateway, handle: Handled) -> AsyncIterator["asyncio.Task[None]"]:
    """As the process runs it: started again when the source is lost."""

    async def again_and_again() -> None:
        while True:
            try:
                await gateway.events.run(handle)
            except StoreUnavailable:
                await asyncio.sleep(0.05)

    feed = asyncio.create_task(again_and_again())
    try:
        yield feed
    finally:
        feed.cancel()
        await asyncio.gather(feed, return_exceptions=True)


async def ask(gateway: Gateway, what: str, body: object = None) -> dict[str, object]:
    payload = json.dumps(body).encode() if body is not None else b""
    answer: dict[str, object] = json.loads((await gateway.connection.request(f"$JS.API.{what}", payload)).data)
    return answer


async def keep_events(gateway: Gateway, **options: object) -> None:
    config = {"name": "NOETL_EVENTS", "subjects": ["noetl.events.>"], **options}
    assert "error" not in await ask(gateway, "STREAM.CREATE.NOETL_EVENTS", config)


async def waiting(gateway: Gateway) -> bool:
    """Has somebody asked the shared consumer for events?"""
    answer = await ask(gateway, "CONSUMER.INFO.NOETL_EVENTS.noetl-gateway")
    return bool(answer.get("num_waiting"))


async def until(question: Callable[[Gateway], Awaitable[bool]], gateway: Gateway) -> None:
    async with asyncio.timeout(10):
        while not await question(gateway):
            await asyncio.sleep(0.01)


async def happen(gateway: Gateway, number: int, execution_id: int = 1, event_type: str = "step.exit") -> None:
    """In the form of the Python server."""
    event = {"event_id": number, "execution_id": execution_id, "event_type": event_type}
    await gateway.connection.publish(f"noetl.events.default.default.{execution_id}.0", json.dumps(event).encode())


def subscribed(gateway: Gateway) -> bool:
    client = gateway.connection.link.client
    return any(subscription.subject == "noetl.events.>" for subscription in client._subs.values())


async def listens(gateway: Gateway) -> None:
    await eventually(lambda: subscribed(gateway))
    await gateway.connection.link.settle()


async def test_without_a_stream_each_event_goes_to_one_gateway(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    mine, theirs = Handled(), Handled()
    async with running(here, mine), running(there, theirs):
        await listens(here)
        await listens(there)
        for number in range(100):
            await happen(here, number, number)
        await eventually(lambda: len(mine.events) + len(theirs.events) == 100)

    assert sorted(map(int, mine.ids + theirs.ids)) == list(range(100))


async def test_without_a_stream_events_come_again_after_a_restart_of_nats(
    server: NatsServer, make_gateway: MakeGateway
) -> None:
    here, handled = await make_gateway(), Handled()
    async with running(here, handled):
        await listens(here)
        await happen(here, 1)
        await eventually(lambda: handled.ids == ["1"])
        server.kill()
        await eventually(lambda: not here.connection.is_connected)
        server.start()
        await eventually(lambda: here.connection.trouble() is None)
        await listens(here)
        await happen(here, 2)
        await eventually(lambda: handled.ids == ["1", "2"])


async def test_with_a_stream_what_happens_while_no_gateway_runs_is_handled_later(make_gateway: MakeGateway) -> None:
    here, handled = await make_gateway(), Handled()
    await keep_events(here)
    async with running(here, handled):
        await until(waiting, here)
        await happen(here, 1)
        await eventually(lambda: handled.ids == ["1"])
    await happen(here, 2)
    await happen(here, 3, event_type="playbook.completed")

    async with running(here, handled):
        await eventually(lambda: handled.ids == ["1", "2", "3"])


async def test_what_happened_before_the_first_gateway_ever_ran_is_not_handled(make_gateway: MakeGateway) -> None:
    here, handled = await make_gateway(), Handled()
    await keep_events(here)
    await here.connection.request("noetl.events.a.b.1.0", b'{"event_id":1,"execution_id":1,"event_type":"step.exit"}')
    async with running(here, handled):
        await until(waiting, here)
        await happen(here, 2)
        await eventually(lambda: handled.events)

    assert handled.ids == ["2"]


async def test_everything_is_acknowledged_also_what_is_nobodys_business(make_gateway: MakeGateway) -> None:
    here, handled = await make_gateway(), Handled()
    await keep_events(here)
    async with running(here, handled):
        await until(waiting, here)
        for number in range(500):
            await happen(here, number, number % 7, "step.exit" if number % 5 == 0 else "command.issued")
        await eventually(lambda: len(handled.events) == 100)

        async def acknowledged(gateway: Gateway) -> bool:
            info = await ask(gateway, "CONSUMER.INFO.NOETL_EVENTS.noetl-gateway")
            return (info["num_ack_pending"], info["num_pending"]) == (0, 0)

        await until(acknowledged, here)


async def test_events_of_an_execution_keep_their_order_with_two_gateways(
    make_gateway: MakeGateway,
) -> None:
    here, there = await make_gateway(), await make_gateway()
    handled = Handled()
    await keep_events(here)
    async with running(here, handled), running(there, handled):
        await until(waiting, here)
        for number in range(300):
            await happen(here, number, number % 3)
        await eventually(lambda: len(handled.events) >= 300)

    for execution in range(3):
        ids = [int(event.event_id) for event in handled.events if event.execution_id == str(execution)]
        assert ids == sorted(ids) and len(ids) == 100


async def test_a_failing_event_is_handled_before_the_next_of_its_execution(make_gateway: MakeGateway) -> None:
    here, handled = await make_gateway(), Handled()
    await keep_events(here)
    handled.failing = ["1", "1"]
    async with running(here, handled):
        await until(waiting, here)
        for number in (1, 2, 3):
            await happen(here, number)
        await eventually(lambda: len(handled.events) == 3)

    assert handled.ids == ["1", "2", "3"]


async def test_an_event_that_keeps_failing_comes_again_later(make_gateway: MakeGateway) -> None:
    here, handled = await make_gateway(), Handled()
    await keep_events(here)
    handled.failing = ["1"] * 5
    async with running(here, handled):
        await until(waiting, here)
        await happen(here, 1)
        await happen(here, 2, execution_id=2)
        await eventually(lambda: sorted(handled.ids) == ["1", "2"])


async def test_a_gateway_that_leaves_hands_its_unfinished_events_over_at_once(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    stuck, handled = Handled(), Handled()
    stuck.gate.clear()
    await keep_events(here)
    async with running(here, stuck) as leaving:
        await until(waiting, here)
        for number in (1, 2, 3):
            await happen(here, number)
        await asyncio.sleep(0.05)
        async with running(there, handled):
            await asyncio.sleep(0.05)
            leaving.cancel()
            await eventually(lambda: len(handled.events) == 3, 5.0)

    assert handled.ids == ["1", "2", "3"]
    assert stuck.events == []


async def test_a_stream_that_holds_only_a_part_of_the_events_is_not_used(make_gateway: MakeGateway) -> None:
    here, handled = await make_gateway(), Handled()
    await keep_events(here, subjects=["noetl.events.*.*.*.*"])
    async with running(here, handled):
        await listens(here)
        await here.connection.publish(
            "noetl.events.playbook.completed", b'{"event_type":"playbook.completed","execution_id":7,"event_id":1}'
        )
        await happen(here, 2)
        await eventually(lambda: sorted(handled.ids) == ["1", "2"])


async def test_a_work_queue_is_left_alone(make_gateway: MakeGateway) -> None:
    here, handled = await make_gateway(), Handled()
    await keep_events(here, retention="workqueue")
    async with running(here, handled):
        await listens(here)
        await happen(here, 1)
        await eventually(lambda: handled.ids == ["1"])


async def test_a_stream_that_is_deleted_is_not_missed_for_long(make_gateway: MakeGateway) -> None:
    here, handled = await make_gateway(), Handled()
    await keep_events(here)
    async with running(here, handled):
        await until(waiting, here)
        await ask(here, "STREAM.DELETE.NOETL_EVENTS")
        await listens(here)
        await happen(here, 1)
        await eventually(lambda: handled.ids == ["1"])


@pytest.mark.parametrize("streamed", [False, True])
async def test_recorded_traffic_is_understood(make_gateway: MakeGateway, streamed: bool) -> None:
    here, handled = await make_gateway(), Handled()
    if streamed:
        await keep_events(here)
    messages = json.loads((CAPTURES / "nats_events_hello_world.json").read_text())
    async with running(here, handled):
        await (until(waiting, here) if streamed else listens(here))
        for message in messages:
            await here.connection.publish(message["subject"], json.dumps(message["payload"]).encode())
        await eventually(lambda: len(handled.events) == 5)

    assert [event.event_type for event in handled.events][-2:] == ["playbook.completed", "playbook.failed"]
    assert {event.execution_id for event in handled.events} == {"766633604884463618"}
