import asyncio
import json
from dataclasses import replace

import pytest
from tests.contracts.listeners import Listener
from tests.unit.domain.gateway import Gateway
from tests.unit.domain.waiting_client import WaitingClient, a_waiting_client

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from domain.callbacks import PlaybookCallback, ResultError
from domain.errors import RequestUnknown, StoreUnavailable
from domain.events import Stage
from domain.json_values import RawJson
from domain.ports.telemetry import Count


@pytest.fixture
async def waiting(gateway: Gateway) -> WaitingClient:
    return await a_waiting_client(gateway)


def completed(waiting: WaitingClient) -> PlaybookCallback:
    return PlaybookCallback(
        request_id=waiting.request_id, execution_id=waiting.execution_id, data=RawJson(b'{"n":766633604884463618123}')
    )


async def test_the_client_is_told_the_state_and_then_the_result(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.deliver(completed(waiting))

    state, result = await waiting.frames()
    assert (state.event, result.event) == ("playbook/state", "playbook/result")
    assert (state.stage, result.stage) == (Stage.RESULT, Stage.RESULT)
    assert json.loads(state.data)["params"] == {
        "execution_id": waiting.execution_id,
        "event_type": "playbook.completed",
        "step_name": None,
        "status": "completed",
        "at": "2027-01-15T08:00:00+00:00",
        "synthetic": True,
    }
    assert result.data.endswith(b'"status":"COMPLETED","data":{"n":766633604884463618123}}}')


@pytest.mark.parametrize("status", ["FAILED", "failed", "error", "ERROR"])
async def test_a_failure_in_any_spelling_is_told_as_one(
    gateway: Gateway, waiting: WaitingClient, status: str
) -> None:
    await gateway.deliver(replace(completed(waiting), status=status))

    state, result = await waiting.told()
    assert (state["event_type"], state["status"]) == ("playbook.failed", "failed")
    assert (result["status"], "data" in result) == ("FAILED", False)


async def test_an_error_alone_is_a_failure(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.deliver(replace(completed(waiting), error=ResultError(code=7, message="no seats")))

    state, result = await waiting.told()
    assert state["status"] == "failed"
    assert result["error"] == {"code": 7, "message": "no seats", "data": None}


async def test_without_an_execution_id_the_stored_one_is_told(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.deliver(replace(completed(waiting), execution_id=None))

    assert [params.get("execution_id", params.get("executionId")) for params in await waiting.told()] == [
        waiting.execution_id
    ] * 2


async def test_a_repeated_callback_is_no_second_result(
    gateway: Gateway, bus: MemoryBus, waiting: WaitingClient
) -> None:
    await gateway.deliver(completed(waiting))
    await gateway.deliver(completed(waiting))
    await Gateway(bus).deliver(replace(completed(waiting), status="FAILED"))

    assert await waiting.kinds() == ["playbook.completed", "playbook/result"]


async def test_a_repeated_callback_is_no_second_result_even_much_later(
    gateway: Gateway, clock: ManualClock, waiting: WaitingClient
) -> None:
    await gateway.deliver(completed(waiting))
    await clock.advance(1000)
    await gateway.deliver(completed(waiting))

    assert len(await waiting.frames()) == 2


async def test_two_callbacks_at_the_same_time_are_one_result(
    gateway: Gateway, bus: MemoryBus, waiting: WaitingClient
) -> None:
    await asyncio.gather(gateway.deliver(completed(waiting)), Gateway(bus).deliver(completed(waiting)))

    assert await waiting.kinds() == ["playbook.completed", "playbook/result"]


async def test_it_tells_whether_the_client_is_connected(
    gateway: Gateway, bus: MemoryBus, waiting: WaitingClient
) -> None:
    assert await gateway.deliver(completed(waiting)) is False

    async with Gateway(bus).streams.attach(waiting.client.client_id, Listener()):
        assert await gateway.deliver(completed(waiting)) is True


async def test_an_answered_request_is_no_longer_listed(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.deliver(completed(waiting))

    assert list(await gateway.pending.of_client(waiting.client.client_id)) == []


@pytest.mark.parametrize(
    "request_id", ["00000000-0000-4000-8000-000000000000", "", ">", "x\r\n", "b36f4f73", "x" * 5000]
)
async def test_a_request_that_nobody_made_is_unknown(
    gateway: Gateway, waiting: WaitingClient, request_id: str
) -> None:
    with pytest.raises(RequestUnknown):
        await gateway.deliver(PlaybookCallback(request_id=request_id))
    assert gateway.telemetry.counts[Count.CALLBACK_UNDELIVERED, "async"] == 1


async def test_a_malformed_id_is_refused_without_asking_the_store(gateway: Gateway, bus: MemoryBus) -> None:
    bus.outage()

    with pytest.raises(RequestUnknown):
        await gateway.deliver(PlaybookCallback(request_id="*"))


async def test_what_is_not_stored_is_not_acknowledged(
    gateway: Gateway, bus: MemoryBus, waiting: WaitingClient
) -> None:
    bus.outage()
    with pytest.raises(StoreUnavailable):
        await gateway.deliver(completed(waiting))

    bus.recovery()
    await gateway.deliver(completed(waiting))
    assert await waiting.kinds() == ["playbook.completed", "playbook/result"]


async def test_a_result_is_held_until_the_response_that_names_its_request_is_out(
    gateway: Gateway, clock: ManualClock, waiting: WaitingClient
) -> None:
    await gateway.deliver(completed(waiting))

    announced_at = clock.now()
    assert [frame.hold_until for frame in await waiting.frames()] == [announced_at + 2.0] * 2


async def test_a_result_that_comes_later_is_not_held(
    gateway: Gateway, clock: ManualClock, waiting: WaitingClient
) -> None:
    await clock.advance(2.5)
    await gateway.deliver(completed(waiting))

    assert [frame.hold_until for frame in await waiting.frames()] == [0.0, 0.0]
