"""Results and progress over the WebSocket: the frames of /events, with the same promises."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.unit.running_gateway import PLAYBOOK, RunningGateway, running_gateway
from tests.unit.swift_clock import SwiftClock
from tests.unit.websocket.talking import Talk, talking

from adapters.memory.bus import MemoryBus
from adapters.memory.playbook_runner import MemoryPlaybookRunner
from domain.identity import Session
from domain.playbooks import Execution, ExecutionOrder


@pytest.fixture
async def gateway() -> AsyncIterator[RunningGateway]:
    """A client that comes back at once waits two seconds for frames: they may belong to an answer on its way."""
    async with running_gateway(MemoryBus(SwiftClock())) as running:
        yield running


async def run(talk: Talk) -> Any:
    return (await talk.ask("playbook/execute", name=PLAYBOOK))["result"]


async def test_progress_state_and_result_arrive_in_order(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        started = await run(talk)
        await gateway.progress(started["requestId"], "half way")
        assert await gateway.answer(started["requestId"], {"n": 1}) == 200
        progress, state, result = [await talk.frame() for _ in range(3)]
    assert (progress["method"], progress["params"]["message"]) == ("playbook/progress", "half way")
    assert (state["method"], state["params"]["execution_id"]) == ("playbook/state", started["executionId"])
    assert (result["method"], result["params"]["data"]) == ("playbook/result", {"n": 1})
    assert result["params"]["requestId"] == started["requestId"]
    assert all(frame["jsonrpc"] == "2.0" and "id" not in frame for frame in (progress, state, result))


async def test_lifecycle_events_arrive_too(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        started = await run(talk)
        gateway.happen(started["executionId"], "step.exit", "fetch")
        frame = await talk.frame()
    assert frame["params"]["step_name"] == "fetch"


async def test_a_worker_faster_than_noetl_does_not_overtake_the_answer() -> None:
    """The frames wait until the answer that names their request is out (wire 4.6)."""
    gateways: list[RunningGateway] = []

    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        assert isinstance(order.workload, dict)
        request_id = str(order.workload["request_id"])
        await gateways[0].progress(request_id, "already")
        await gateways[0].answer(request_id, "done")

    async with running_gateway(runner=MemoryPlaybookRunner(at_work)) as gateway:
        gateways.append(gateway)
        async with talking(gateway, await gateway.log_in()) as talk:
            await talk.initialize()
            await run(talk)
            frames = [await talk.frame() for _ in range(3)]
    methods = [message.get("method", "answer") for message in talk.seen]
    assert methods == ["answer", "answer", "playbook/progress", "playbook/state", "playbook/result"]
    assert frames[-1]["params"]["data"] == "done"


async def test_the_runs_of_a_batch_wait_for_the_answer_of_the_batch(
    gateway: RunningGateway, session: Session
) -> None:
    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        assert isinstance(order.workload, dict)
        await gateway.answer(str(order.workload["request_id"]), execution.execution_id)

    gateway.runner.at_work = at_work
    async with talking(gateway, session) as talk:
        await talk.initialize()
        execute = {"jsonrpc": "2.0", "method": "playbook/execute", "params": {"name": PLAYBOOK}}
        await talk.send([execute | {"id": n} for n in range(3)])
        answers = await talk.read()
        assert [answer["id"] for answer in answers] == [0, 1, 2]
        frames = [await talk.frame() for _ in range(6)]
    assert {frame["params"]["data"] for frame in frames if frame["method"] == "playbook/result"} == {
        answer["result"]["executionId"] for answer in answers
    }


async def test_frames_that_came_while_nobody_was_there_are_delivered_afterwards(
    gateway: RunningGateway, session: Session
) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        started = await run(talk)
    assert await gateway.answer(started["requestId"], "late") in (200, 202)
    async with talking(gateway, session) as again:
        await again.initialize(clientId=talk.client_id)
        _, result = [await again.frame() for _ in range(2)]
    assert result["params"]["data"] == "late"


async def test_who_comes_back_with_the_last_event_id_gets_what_follows_and_nothing_twice(
    gateway: RunningGateway, session: Session
) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        started = await run(talk)
        for n in range(3):
            await gateway.progress(started["requestId"], f"{n}")
        first, _, _ = [await talk.frame() for _ in range(3)]
    async with talking(gateway, session) as again:
        result = await again.initialize(lastEventId=first["eventId"])
        assert again.client_id == talk.client_id
        assert [request["requestId"] for request in result["pendingRequests"]] == [started["requestId"]]
        await gateway.progress(started["requestId"], "3")
        frames = [await again.frame() for _ in range(3)]
    assert [frame["params"]["message"] for frame in frames] == ["1", "2", "3"]


@pytest.mark.parametrize("position", ["unknown-7", "no position at all"])
async def test_a_position_that_cannot_be_honoured_is_answered_by_a_reset(
    gateway: RunningGateway, session: Session, position: str
) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        started = await run(talk)
    async with talking(gateway, session) as again:
        await again.initialize(clientId=talk.client_id, lastEventId=position)
        reset = await again.frame()
        assert (reset["method"], reset["params"]) == ("reset", {"reason": "history_lost"})
        await gateway.progress(started["requestId"], "after")
        await again.frame()
    async with talking(gateway, session) as third:
        await third.initialize(lastEventId=reset["eventId"])
        assert (await third.frame())["params"]["message"] == "after"


async def test_results_come_in_at_any_replica() -> None:
    bus = MemoryBus(SwiftClock())
    async with (
        running_gateway(bus) as here,
        running_gateway(bus) as there,
        talking(here, await here.log_in()) as talk,
    ):
        await talk.initialize()
        started = await run(talk)
        assert await there.answer(started["requestId"], 1) == 200
        assert (await talk.frame())["method"] == "playbook/state"


async def test_a_newer_connection_takes_the_client_over(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as old:
        await old.initialize()
        started = await run(old)
        async with talking(gateway, session) as new:
            await new.initialize(clientId=old.client_id)
            assert await old.closed() == (4409, "replaced")
            await gateway.progress(started["requestId"], "for the new one")
            assert (await new.frame())["params"]["message"] == "for the new one"


async def test_a_stream_of_events_takes_the_client_over_too(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk, gateway.http(session) as client:
        await talk.initialize()
        async with client.stream("GET", "/events", params={"client_id": talk.client_id}) as stream:
            assert await talk.closed() == (4409, "replaced")
            await stream.aclose()


async def test_a_result_larger_than_the_buffer_arrives() -> None:
    async with (
        running_gateway(variables={"GATEWAY_STREAM_BUFFER_BYTES": "16384"}) as gateway,
        talking(gateway, await gateway.log_in()) as talk,
    ):
        await talk.initialize()
        started = await run(talk)
        await gateway.answer(started["requestId"], "x" * 5_000_000)
        _, result = [await talk.frame() for _ in range(2)]
    assert len(result["params"]["data"]) == 5_000_000


async def test_a_reader_that_is_slow_is_sent_away_and_gets_everything_by_coming_back() -> None:
    async with running_gateway(variables={"GATEWAY_STREAM_BUFFER_BYTES": "300000"}) as gateway:
        session = await gateway.log_in()
        async with talking(gateway, session, max_queue=1) as talk:
            await talk.initialize()
            started = await run(talk)
            # The client reads nothing meanwhile; the loopback's own buffers take a few of these.
            for n in range(60):
                await gateway.progress(started["requestId"], f"{n:03}" + "x" * 250_000)
            assert await talk.closed() == (1013, "slow")
        got = [frame for frame in talk.seen if frame.get("method") == "playbook/progress"]
        while len(got) < 60:
            before = len(got)
            async with talking(gateway, session) as talk:
                await talk.initialize(lastEventId=got[-1]["eventId"])
                try:
                    async with asyncio.timeout(5):
                        while len(got) < 60:
                            got.append(await talk.frame())
                except Exception:
                    assert len(got) > before
    assert [frame["params"]["message"][:3] for frame in got] == [f"{n:03}" for n in range(60)]
