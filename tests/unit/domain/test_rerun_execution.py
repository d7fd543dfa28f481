from dataclasses import replace

import pytest
from tests.unit.domain.gateway import PLAYBOOK, Gateway

from adapters.memory.bus import MemoryBus
from adapters.memory.pending_requests import MemoryPendingRequests
from domain.callbacks import PendingRequest
from domain.clients import Client
from domain.errors import (
    ClientNotOwned,
    ExecutionRefused,
    PlaybookDenied,
    RequestMalformed,
    StoreUnavailable,
)
from domain.identity import Session
from domain.playbooks import Execution, ExecutionOrder


@pytest.fixture
async def session(gateway: Gateway) -> Session:
    return await gateway.logged_in()


@pytest.fixture
async def client(gateway: Gateway, session: Session) -> Client:
    return await gateway.clients.open(session.user.user_id, await gateway.streams.position())


@pytest.fixture
async def source(gateway: Gateway, session: Session) -> str:
    """An execution that the session may run again."""
    execution_id = (await gateway.execute(session, ExecutionOrder(path=PLAYBOOK), None)).execution.execution_id
    gateway.catalog.execution_paths[execution_id] = PLAYBOOK
    gateway.runner.orders.clear()
    return execution_id


async def test_a_run_can_be_repeated_with_another_workload(gateway: Gateway, session: Session, source: str) -> None:
    started = await gateway.rerun(session, source, {"city": "Basel"}, None)

    [order] = gateway.runner.orders
    assert (order.path, order.workload, order.on_behalf_of) == (PLAYBOOK, {"city": "Basel"}, session)
    assert started.execution.execution_id != source
    assert started.request_id is None


async def test_with_a_client_the_result_is_awaited(
    gateway: Gateway, session: Session, source: str, client: Client
) -> None:
    started = await gateway.rerun(session, source, None, str(client.client_id))

    [request] = await gateway.pending.of_client(client.client_id)
    assert (request.request_id, request.playbook_path) == (started.request_id, f"rerun:{source}")
    assert gateway.runner.orders[0].workload == {"request_id": started.request_id, "gateway_url": "http://gateway"}


@pytest.mark.parametrize("execution_id", ["", "x", "1/../2", "1 ", "1.0", "0x1", "1" * 20, "\u0667", "-"])
async def test_an_id_that_is_no_number_reaches_nobody(gateway: Gateway, session: Session, execution_id: str) -> None:
    with pytest.raises(RequestMalformed):
        await gateway.rerun(session, execution_id, None, None)
    assert gateway.runner.orders == []


async def test_what_may_not_be_run_may_not_be_run_again(gateway: Gateway, session: Session, source: str) -> None:
    gateway.catalog.execution_paths[source] = "secret/playbook"

    with pytest.raises(PlaybookDenied):
        await gateway.rerun(session, source, None, None)
    with pytest.raises(PlaybookDenied):
        await gateway.rerun(session, "999", None, None)
    assert gateway.runner.orders == []


async def test_a_foreign_client_is_an_error(gateway: Gateway, session: Session, source: str) -> None:
    with pytest.raises(ClientNotOwned):
        await gateway.rerun(session, source, None, "home-abcdefghij0123456789")
    assert gateway.runner.orders == []


class RememberingRequests(MemoryPendingRequests):
    def __init__(self, bus: MemoryBus) -> None:
        super().__init__(bus)
        self.added: list[str] = []

    async def add(self, request: PendingRequest) -> None:
        self.added.append(request.request_id)
        await super().add(request)


async def test_a_rerun_that_noetl_refuses_leaves_no_trace(
    gateway: Gateway, bus: MemoryBus, session: Session, client: Client
) -> None:
    pending = RememberingRequests(bus)
    rerun = replace(gateway.rerun, awaited=replace(gateway.rerun.awaited, pending=pending))

    with pytest.raises(ExecutionRefused):
        await rerun(session, "1000", None, str(client.client_id))

    [request_id] = pending.added
    assert await pending.get(request_id) is None


async def test_a_workload_that_is_no_object_is_refused_and_leaves_no_trace(
    gateway: Gateway, session: Session, source: str, client: Client
) -> None:
    with pytest.raises(RequestMalformed):
        await gateway.rerun(session, source, [1], str(client.client_id))
    assert gateway.runner.orders == []


async def test_a_rerun_whose_waiting_client_cannot_be_recorded_is_cancelled(
    gateway: Gateway, bus: MemoryBus, session: Session, source: str, client: Client
) -> None:
    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        bus.outage()

    gateway.runner.at_work = at_work
    with pytest.raises(StoreUnavailable):
        await gateway.rerun(session, source, None, str(client.client_id))

    assert len(gateway.runner.cancelled) == 1
