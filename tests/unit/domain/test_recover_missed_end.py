import pytest
from tests.unit.domain.gateway import Gateway
from tests.unit.domain.waiting_client import WaitingClient, a_waiting_client

from adapters.memory.bus import MemoryBus
from domain.errors import UpstreamTimedOut
from domain.playbooks import RunStatus


@pytest.fixture
async def waiting(gateway: Gateway) -> WaitingClient:
    return await a_waiting_client(gateway)


@pytest.mark.parametrize(
    ("status", "event_type", "shown"),
    [
        (RunStatus.COMPLETED, "playbook.completed", "completed"),
        (RunStatus.FAILED, "playbook.failed", "failed"),
        (RunStatus.CANCELLED, "playbook.failed", "cancelled"),
    ],
)
async def test_an_end_that_was_missed_is_told(
    gateway: Gateway, waiting: WaitingClient, status: RunStatus, event_type: str, shown: str
) -> None:
    gateway.runner.statuses[waiting.execution_id] = status

    await gateway.recover(await gateway.pending.of_client(waiting.client.client_id))

    [params] = await waiting.told()
    assert (params["event_type"], params["status"]) == (event_type, shown)


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.UNKNOWN])
async def test_nothing_is_told_of_a_run_that_has_not_certainly_ended(
    gateway: Gateway, waiting: WaitingClient, status: RunStatus
) -> None:
    gateway.runner.statuses[waiting.execution_id] = status

    await gateway.recover(await gateway.pending.of_client(waiting.client.client_id))

    assert await waiting.frames() == []


async def test_an_end_is_told_once_however_often_it_is_recovered(gateway: Gateway, waiting: WaitingClient) -> None:
    gateway.runner.statuses[waiting.execution_id] = RunStatus.COMPLETED
    pending = await gateway.pending.of_client(waiting.client.client_id)

    await gateway.recover(pending)
    await gateway.recover(pending)

    assert len(await waiting.frames()) == 1


async def test_what_cannot_be_asked_or_told_now_does_no_harm(
    gateway: Gateway, bus: MemoryBus, waiting: WaitingClient
) -> None:
    pending = await gateway.pending.of_client(waiting.client.client_id)
    gateway.runner.trouble = UpstreamTimedOut()
    await gateway.recover(pending)
    gateway.runner.trouble = None
    gateway.runner.statuses[waiting.execution_id] = RunStatus.COMPLETED
    bus.outage()
    await gateway.recover(pending)

    bus.recovery()
    await gateway.recover(pending)
    assert await waiting.kinds() == ["playbook.completed"]
