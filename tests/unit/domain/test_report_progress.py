from dataclasses import replace

import pytest
from tests.unit.domain.gateway import Gateway
from tests.unit.domain.waiting_client import WaitingClient, a_waiting_client

from adapters.memory.bus import MemoryBus
from domain.callbacks import PlaybookCallback, ProgressReport
from domain.errors import RequestUnknown, StoreUnavailable
from domain.events import ExecutionEvent, Stage
from domain.ports.telemetry import Count


@pytest.fixture
async def waiting(gateway: Gateway) -> WaitingClient:
    return await a_waiting_client(gateway)


def report(waiting: WaitingClient) -> ProgressReport:
    return ProgressReport(request_id=waiting.request_id, step="fetch", message="halfway", progress=0.5)


async def test_progress_is_passed_on_each_time(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.report(report(waiting))
    await gateway.report(report(waiting))

    first, second = await waiting.told()
    assert first == second
    assert first == {
        "requestId": waiting.request_id,
        "executionId": waiting.execution_id,
        "step": "fetch",
        "message": "halfway",
        "progress": 0.5,
    }
    assert (await waiting.frames())[0].stage is Stage.RUNNING


async def test_an_execution_id_in_the_report_wins(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.report(replace(report(waiting), execution_id="99"))

    assert (await waiting.told())[0]["executionId"] == "99"


async def test_progress_after_the_answer_is_dropped(gateway: Gateway, waiting: WaitingClient) -> None:
    await gateway.deliver(PlaybookCallback(request_id=waiting.request_id))
    await gateway.report(report(waiting))

    assert await waiting.kinds() == ["playbook.completed", "playbook/result"]
    assert gateway.telemetry.counts[Count.FRAMES_DROPPED, "after_end"] == 1


async def test_progress_after_the_end_is_dropped(gateway: Gateway, waiting: WaitingClient) -> None:
    end = ExecutionEvent(
        event_id="1", execution_id=waiting.execution_id, event_type="playbook.failed", status="failed", at="x"
    )
    await gateway.relay(end)
    await gateway.report(report(waiting))

    assert await waiting.kinds() == ["playbook.failed"]


@pytest.mark.parametrize("request_id", ["00000000-0000-4000-8000-000000000000", "", ">"])
async def test_progress_of_nothing_is_unknown(gateway: Gateway, request_id: str) -> None:
    with pytest.raises(RequestUnknown):
        await gateway.report(ProgressReport(request_id=request_id))


async def test_progress_that_is_not_stored_is_not_acknowledged(
    gateway: Gateway, bus: MemoryBus, waiting: WaitingClient
) -> None:
    bus.outage()

    with pytest.raises(StoreUnavailable):
        await gateway.report(report(waiting))
