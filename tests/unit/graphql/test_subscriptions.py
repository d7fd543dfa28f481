"""`playbookResults` and `executionEvents`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.unit.graphql.subscribing import EVENTS, RESULTS, Subscriber, a_client, initialised
from tests.unit.running_gateway import BOB, RunningGateway, running_gateway
from tests.unit.swift_clock import SwiftClock

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from adapters.memory.pending_requests import MemoryPendingRequests
from domain.callbacks import PendingRequest
from domain.clients import ClientId
from domain.identity import Session
from domain.playbooks import RunStatus


@pytest.fixture
async def client_id(gateway: RunningGateway, session: Session) -> str:
    return await a_client(gateway, session)


@pytest.fixture
async def subscriber(gateway: RunningGateway, session: Session) -> AsyncIterator[Subscriber]:
    async with initialised(gateway, session) as opened:
        yield opened


async def attached(gateway: RunningGateway, client_id: str) -> None:
    parsed = ClientId.parse(client_id)
    assert parsed is not None
    while not await gateway.container.client_streams().is_connected(parsed):
        await asyncio.sleep(0.001)


async def ended(gateway: RunningGateway, execution_id: str) -> PendingRequest:
    """The record of the run once its end has been relayed."""
    while True:
        (request,) = await MemoryPendingRequests(gateway.bus).of_execution(execution_id)
        if request.ended:
            return request
        await asyncio.sleep(0.001)


async def test_progress_state_and_result_arrive_as_objects(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    await subscriber.subscribe(RESULTS, clientId=client_id)
    await attached(gateway, client_id)
    started = await subscriber.run(client_id)
    await gateway.progress(started["requestId"], "half way")
    progress = await subscriber.result()
    await gateway.answer(started["requestId"], {"big": 766633604884463618123})
    state, result = await subscriber.result(), await subscriber.result()
    gateway.happen(started["executionId"], "playbook.completed")
    end = await subscriber.result()

    ids = [frame.pop("eventId") for frame in (progress, state, result, end)]
    assert sorted(ids) == ids
    assert progress == {
        "__typename": "PlaybookProgress",
        "requestId": started["requestId"],
        "executionId": started["executionId"],
        "step": None,
        "message": "half way",
        "progress": None,
    }
    assert result == {
        "__typename": "PlaybookResult",
        "requestId": started["requestId"],
        "executionId": started["executionId"],
        "status": "COMPLETED",
        "data": {"big": 766633604884463618123},
        "error": None,
    }
    assert (state["eventType"], state["synthetic"]) == ("playbook.completed", True)
    assert (end["eventType"], end["synthetic"], end["stepName"]) == ("playbook.completed", False, None)


@pytest.mark.parametrize(("code", "shown"), [(-32000, -32000), (2**40, None)])
async def test_a_failure_says_why(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str, code: int, shown: int | None
) -> None:
    await subscriber.subscribe(RESULTS, clientId=client_id)
    started = await subscriber.run(client_id)
    error = {"message": "It broke.", "code": code, "data": {"line": 7}}
    await gateway.answer(started["requestId"], status="FAILED", error=error)
    state, result = await subscriber.result(), await subscriber.result()
    assert (state["status"], result["status"], result["data"]) == ("failed", "FAILED", None)
    assert result["error"] == {"message": "It broke.", "code": shown, "data": {"line": 7}}


async def test_frames_of_a_run_come_after_the_answer_that_names_it(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    async def at_work(order: Any, execution: Any) -> None:
        await gateway.progress(order.workload["request_id"], "already")

    gateway.runner.at_work = at_work
    await subscriber.subscribe(RESULTS, clientId=client_id)
    await attached(gateway, client_id)
    await subscriber.run(client_id)
    assert (await subscriber.result())["message"] == "already"


async def test_a_subscription_goes_on_behind_the_last_event(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    started = await subscriber.run(client_id)
    for n in range(3):
        await gateway.progress(started["requestId"], f"{n}")
    await subscriber.subscribe(RESULTS, clientId=client_id)
    first = await subscriber.result()
    assert [(await subscriber.result())["message"] for _ in range(2)] == ["1", "2"]
    await subscriber.send(type="complete", id="1")
    await subscriber.subscribe(RESULTS, "2", clientId=client_id, last=first["eventId"])
    assert [(await subscriber.result("2"))["message"] for _ in range(2)] == ["1", "2"]


async def test_lost_history_is_an_object_too(gateway: RunningGateway, subscriber: Subscriber, client_id: str) -> None:
    started = await subscriber.run(client_id)
    await subscriber.subscribe(RESULTS, clientId=client_id, last="unknown-7")
    lost = await subscriber.result()
    assert (lost["__typename"], lost["reason"]) == ("HistoryLost", "history_lost")
    await gateway.progress(started["requestId"], "after")
    assert (await subscriber.result())["message"] == "after"
    await subscriber.send(type="complete", id="1")
    await subscriber.subscribe(RESULTS, "2", clientId=client_id, last=lost["eventId"])
    assert (await subscriber.result("2"))["message"] == "after"


@pytest.mark.parametrize("foreign", ["", "nonsense", "home1-abcdefghijklmnopqrst", "of another user"])
async def test_only_clients_of_ones_own_can_be_named(
    gateway: RunningGateway, subscriber: Subscriber, foreign: str
) -> None:
    if foreign == "of another user":
        foreign = await a_client(gateway, await gateway.log_in(BOB))
    before = len(gateway.bus.clients._entries)
    await subscriber.subscribe(RESULTS, clientId=foreign)
    assert (await subscriber.error())["extensions"] == {"code": "client_not_owned"}
    assert len(gateway.bus.clients._entries) == before


async def test_a_subscription_takes_the_client_over_and_is_taken_over(
    gateway: RunningGateway, session: Session, subscriber: Subscriber, client_id: str
) -> None:
    async with gateway.http(session) as client:
        async with client.stream("GET", "/events", params={"client_id": client_id}) as stream:
            await attached(gateway, client_id)
            await subscriber.subscribe(RESULTS, clientId=client_id)
            _ = [line async for line in stream.aiter_lines()]
        async with client.stream("GET", "/events", params={"client_id": client_id}):
            assert (await subscriber.error())["extensions"] == {"code": "client_taken_over"}


async def test_completing_a_subscription_frees_its_client(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    await subscriber.subscribe(RESULTS, clientId=client_id)
    await attached(gateway, client_id)
    await subscriber.send(type="complete", id="1")
    while gateway.bus.live._connections:
        await asyncio.sleep(0.001)


async def test_a_peer_that_leaves_leaves_nothing_behind(
    gateway: RunningGateway, session: Session, client_id: str
) -> None:
    async with initialised(gateway, session) as leaving:
        started = await leaving.run(client_id)
        await leaving.subscribe(RESULTS, clientId=client_id)
        await leaving.subscribe(EVENTS, "2", executionId=started["executionId"])
        await attached(gateway, client_id)
        while not gateway.bus.live._followers:
            await asyncio.sleep(0.001)
        leaving.socket.transport.abort()
    while gateway.bus.live._connections or gateway.bus.live._followers or gateway.bus.session_listeners._listeners:
        await asyncio.sleep(0.001)


async def test_a_client_is_not_forgotten_while_it_is_subscribed_to() -> None:
    clock = ManualClock()
    async with running_gateway(MemoryBus(clock)) as gateway:
        session = await gateway.log_in(hours=100)
        client_id = await a_client(gateway, session)
        async with initialised(gateway, session) as subscriber:
            await subscriber.subscribe(RESULTS, clientId=client_id)
            await attached(gateway, client_id)
            await clock.advance(26 * 3600)
            await subscriber.send(type="complete", id="1")
            await subscriber.subscribe(RESULTS, "2", clientId=client_id)
            await subscriber.run(client_id)


async def test_an_outage_ends_no_subscription(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    started = await subscriber.run(client_id)
    await subscriber.subscribe(RESULTS, clientId=client_id)
    await attached(gateway, client_id)
    gateway.bus.outage()
    gateway.bus.recovery()
    await gateway.progress(started["requestId"], "after")
    assert (await subscriber.result())["message"] == "after"


async def test_an_outage_at_the_beginning_is_told(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    gateway.bus.outage()
    for query, variables in ((RESULTS, {"clientId": client_id}), (EVENTS, {"executionId": "1"})):
        await subscriber.subscribe(query, **variables)
        assert (await subscriber.error())["extensions"] == {"code": "store_unavailable"}


async def test_who_does_not_read_is_told_and_goes_on_behind_what_it_got() -> None:
    variables = {"GATEWAY_STREAM_BUFFER_BYTES": "100000"}
    async with running_gateway(MemoryBus(SwiftClock()), variables=variables) as gateway:
        session = await gateway.log_in()
        client_id = await a_client(gateway, session)
        async with initialised(gateway, session) as subscriber:
            started = await subscriber.run(client_id)
            for n in range(10):
                await gateway.progress(started["requestId"], f"{n}" + "x" * 30_000)
            got: list[str] = []
            last: str | None = None
            while len(got) < 10:
                await subscriber.subscribe(RESULTS, clientId=client_id, last=last)
                while (message := await subscriber.read())["type"] == "next":
                    frame = message["payload"]["data"]["playbookResults"]
                    got.append(frame["message"][0])
                    last = frame["eventId"]
                    if len(got) == 10:
                        break
                else:
                    assert message["payload"][0]["extensions"] == {"code": "slow_subscriber"}
        assert got == [f"{n}" for n in range(10)]


async def test_the_states_of_a_run_arrive_up_to_its_end(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    started, other = await subscriber.run(client_id), await subscriber.run(client_id)
    await subscriber.subscribe(EVENTS, executionId=started["executionId"])
    gateway.happen(other["executionId"], "step.exit", "of another run")
    gateway.happen(started["executionId"], "step.exit", "fetch")
    first = await subscriber.result()
    assert (first["eventType"], first["stepName"], first["status"]) == ("step.exit", "fetch", "completed")
    await gateway.progress(started["requestId"], "no state")
    await gateway.answer(started["requestId"], 1)
    assert (await subscriber.result())["synthetic"] is True
    gateway.happen(started["executionId"], "playbook.completed")
    assert (await subscriber.result())["synthetic"] is False
    await subscriber.completed()


async def test_what_came_before_is_told_first(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    started = await subscriber.run(client_id)
    gateway.happen(started["executionId"], "step.exit", "one")
    gateway.happen(started["executionId"], "playbook.failed", status="failed")
    await ended(gateway, started["executionId"])
    await subscriber.subscribe(EVENTS, executionId=started["executionId"])
    assert [(await subscriber.result())["eventType"] for _ in range(2)] == ["step.exit", "playbook.failed"]
    await subscriber.completed()


async def test_following_a_run_leaves_the_clients_stream_alone(
    gateway: RunningGateway, session: Session, subscriber: Subscriber, client_id: str
) -> None:
    started = await subscriber.run(client_id)
    await subscriber.subscribe(RESULTS, "results", clientId=client_id)
    await attached(gateway, client_id)
    async with initialised(gateway, session) as another:
        await another.subscribe(EVENTS, executionId=started["executionId"])
        while not gateway.bus.live._followers:
            await asyncio.sleep(0.001)
        gateway.happen(started["executionId"], "step.exit", "fetch")
        assert (await subscriber.result("results"))["stepName"] == "fetch"
        assert (await another.result())["stepName"] == "fetch"


@pytest.mark.parametrize("execution_id", ["1", "766633604884463999", "of another user"])
async def test_only_runs_that_one_waits_for_can_be_followed(
    gateway: RunningGateway, subscriber: Subscriber, execution_id: str
) -> None:
    if execution_id == "of another user":
        bob = await gateway.log_in(BOB)
        async with initialised(gateway, bob) as foreign:
            execution_id = (await foreign.run(await a_client(gateway, bob)))["executionId"]
    await subscriber.subscribe(EVENTS, executionId=execution_id)
    error = await subscriber.error()
    assert error["extensions"] == {"code": "request_unknown"}
    assert error["message"] == "None of your clients waits for this execution."


@pytest.mark.parametrize("execution_id", ["", ">", "*", "1.2", "x" * 500])
async def test_what_can_be_no_execution_id_is_refused(subscriber: Subscriber, execution_id: str) -> None:
    await subscriber.subscribe(EVENTS, executionId=execution_id)
    assert (await subscriber.error())["extensions"] == {"code": "request_malformed"}


async def test_following_goes_on_behind_the_last_event(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    started = await subscriber.run(client_id)
    for step in ("one", "two"):
        gateway.happen(started["executionId"], "step.exit", step)
    await subscriber.subscribe(EVENTS, executionId=started["executionId"])
    first, second = await subscriber.result(), await subscriber.result()
    await subscriber.send(type="complete", id="1")
    await subscriber.subscribe(EVENTS, "2", executionId=started["executionId"], last=first["eventId"])
    assert await subscriber.result("2") == second


async def test_a_run_whose_end_one_has_seen_has_nothing_more_to_tell(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    started = await subscriber.run(client_id)
    gateway.happen(started["executionId"], "playbook.completed")
    await ended(gateway, started["executionId"])
    await subscriber.subscribe(EVENTS, executionId=started["executionId"])
    end = await subscriber.result()
    await subscriber.completed()
    await subscriber.subscribe(EVENTS, executionId=started["executionId"], last=end["eventId"])
    await subscriber.completed()


@pytest.mark.parametrize("last", ["unknown-1", "nonsense"])
async def test_states_that_are_missing_behind_a_position_are_told(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str, last: str
) -> None:
    started = await subscriber.run(client_id)
    await subscriber.subscribe(EVENTS, executionId=started["executionId"], last=last)
    error = await subscriber.error()
    assert error["extensions"]["code"] == "history_lost"
    gateway.happen(started["executionId"], "step.exit", "after")
    await subscriber.subscribe(EVENTS, executionId=started["executionId"], last=error["extensions"]["position"])
    assert (await subscriber.result())["stepName"] == "after"


async def test_without_a_position_trimmed_history_is_no_error_and_what_follows_is_told(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    started = await subscriber.run(client_id)
    gateway.happen(started["executionId"], "step.exit", "trimmed")
    parsed = ClientId.parse(client_id)
    assert parsed is not None
    while not gateway.bus.frames._frames.get(parsed):
        await asyncio.sleep(0.001)
    gateway.bus.frames.trim(parsed)
    await subscriber.subscribe(EVENTS, executionId=started["executionId"])
    while not gateway.bus.live._followers:
        await asyncio.sleep(0.001)
    gateway.happen(started["executionId"], "step.exit", "follows")
    assert (await subscriber.result())["stepName"] == "follows"


async def test_history_that_is_lost_on_the_way_is_told(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    started = await subscriber.run(client_id)
    await subscriber.subscribe(EVENTS, executionId=started["executionId"])
    gateway.happen(started["executionId"], "step.exit", "before")
    await subscriber.result()
    gateway.bus.frames.lose()
    gateway.bus.live.gap()
    assert (await subscriber.error())["extensions"]["code"] == "history_lost"


async def test_an_end_that_was_missed_is_asked_for(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str
) -> None:
    started = await subscriber.run(client_id)
    gateway.runner.statuses[started["executionId"]] = RunStatus.FAILED
    await subscriber.subscribe(EVENTS, executionId=started["executionId"])
    end = await subscriber.result()
    assert (end["eventType"], end["status"]) == ("playbook.failed", "failed")
    await subscriber.completed()


async def test_a_frame_that_cannot_be_read_is_logged_and_passed_over(
    gateway: RunningGateway, subscriber: Subscriber, client_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    started = await subscriber.run(client_id)
    parsed = ClientId.parse(client_id)
    assert parsed is not None
    await gateway.progress(started["requestId"], "readable later")
    frames = gateway.bus.frames._frames[parsed]
    broken = frames[0]
    object.__setattr__(broken, "data", b'{"params":{}}')
    await gateway.progress(started["requestId"], "readable")
    await subscriber.subscribe(RESULTS, clientId=client_id)
    assert (await subscriber.result())["message"] == "readable"
    assert "not of the expected form" in caplog.text
