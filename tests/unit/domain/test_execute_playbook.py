import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.unit.domain.gateway import MALLORY, PLAYBOOK, Gateway

from adapters.memory.bus import MemoryBus
from domain.callbacks import PendingRequest, PlaybookCallback
from domain.clients import Client
from domain.errors import (
    AuthBackEndUnavailable,
    ClientNotOwned,
    ExecutionRefused,
    PlaybookDenied,
    RequestMalformed,
    StoreUnavailable,
    UpstreamTimedOut,
)
from domain.identity import Session
from domain.json_values import JsonValue
from domain.playbooks import Execution, ExecutionOrder, ResourceKind

ORDER = ExecutionOrder(path=PLAYBOOK, workload={"city": "Bern", "request_id": "chosen by the caller"})


@pytest.fixture
async def session(gateway: Gateway) -> Session:
    return await gateway.logged_in()


@pytest.fixture
async def client(gateway: Gateway, session: Session) -> Client:
    return await gateway.clients.open(session.user.user_id, await gateway.streams.position())


def request_id_in(order: ExecutionOrder) -> str:
    assert isinstance(order.workload, dict)
    return str(order.workload["request_id"])


async def test_without_a_client_a_run_is_started_as_ordered(gateway: Gateway, session: Session) -> None:
    started = await gateway.execute(session, ORDER, None)

    [order] = gateway.runner.orders
    assert (order.path, order.workload, order.on_behalf_of) == (PLAYBOOK, ORDER.workload, session)
    assert (started.request_id, started.position, started.client_id) == (None, None, None)


async def test_with_a_client_the_worker_learns_how_to_answer(
    gateway: Gateway, session: Session, client: Client
) -> None:
    started = await gateway.execute(session, ORDER, str(client.client_id))

    [order] = gateway.runner.orders
    assert order.workload == {"city": "Bern", "request_id": started.request_id, "gateway_url": "http://gateway"}
    assert started.client_id == client.client_id
    assert started.position == client.position


async def test_a_workload_that_is_left_out_is_an_empty_object(
    gateway: Gateway, session: Session, client: Client
) -> None:
    order = ExecutionOrder(path=PLAYBOOK, resource_kind=ResourceKind.AGENT)

    await gateway.execute(session, order, str(client.client_id))

    assert gateway.runner.orders[0].resource_kind is ResourceKind.AGENT
    workload = gateway.runner.orders[0].workload
    assert isinstance(workload, dict)
    assert set(workload) == {"request_id", "gateway_url"}


async def test_the_wait_is_booked_before_the_run_is_started(
    gateway: Gateway, session: Session, client: Client
) -> None:
    booked: list[PendingRequest | None] = []

    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        booked.append(await gateway.pending.get(request_id_in(order)))

    gateway.runner.at_work = at_work
    started = await gateway.execute(session, ORDER, str(client.client_id))

    [request] = booked
    assert request is not None
    assert (request.client_id, request.execution_id, request.user_id) == (str(client.client_id), "", 7)
    assert list(await gateway.pending.of_client(client.client_id)) == [
        request.started(started.execution.execution_id, gateway.clock.now())
    ]


async def test_a_worker_faster_than_the_answer_of_noetl_is_not_lost(
    gateway: Gateway, session: Session, client: Client
) -> None:
    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        await gateway.deliver(PlaybookCallback(request_id=request_id_in(order), status="COMPLETED"))

    gateway.runner.at_work = at_work
    started = await gateway.execute(session, ORDER, str(client.client_id))

    assert started.request_id is not None
    request = await gateway.pending.get(started.request_id)
    assert request is not None
    assert (request.answered, request.execution_id) == (True, started.execution.execution_id)
    assert list(await gateway.pending.of_client(client.client_id)) == []
    replay = await gateway.streams.replay(client.client_id, client.position)
    assert [frame.event for frame in replay.frames] == ["playbook/state", "playbook/result"]


async def test_every_replica_hears_of_the_start(gateway: Gateway, session: Session, client: Client) -> None:
    heard = asyncio.ensure_future(_first(gateway.started.hear()))
    await asyncio.sleep(0)
    started = await gateway.execute(session, ORDER, str(client.client_id))

    assert (await heard).execution_id == started.execution.execution_id


@pytest.mark.parametrize("trouble", [ExecutionRefused(status=404), UpstreamTimedOut()])
async def test_a_run_that_does_not_start_leaves_no_trace(
    gateway: Gateway, bus: MemoryBus, session: Session, client: Client, trouble: ExecutionRefused | UpstreamTimedOut
) -> None:
    ids: list[str] = []

    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        ids.append(request_id_in(order))
        raise trouble

    gateway.runner.at_work = at_work
    with pytest.raises(type(trouble)):
        await gateway.execute(session, ORDER, str(client.client_id))

    assert await gateway.pending.get(ids[0]) is None


async def test_a_failed_clean_up_does_not_hide_the_failure(
    gateway: Gateway, bus: MemoryBus, session: Session, client: Client
) -> None:
    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        bus.outage()
        raise ExecutionRefused

    gateway.runner.at_work = at_work
    with pytest.raises(ExecutionRefused):
        await gateway.execute(session, ORDER, str(client.client_id))


async def test_a_run_whose_waiting_client_cannot_be_recorded_is_cancelled(
    gateway: Gateway, bus: MemoryBus, session: Session, client: Client
) -> None:
    started: list[str] = []

    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        started.append(execution.execution_id)
        bus.outage()

    gateway.runner.at_work = at_work
    with pytest.raises(StoreUnavailable):
        await gateway.execute(session, ORDER, str(client.client_id))

    assert list(gateway.runner.cancelled) == started


async def test_a_cancellation_that_fails_does_not_hide_the_failure(
    gateway: Gateway, bus: MemoryBus, session: Session, client: Client
) -> None:
    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        bus.outage()
        gateway.runner.trouble = UpstreamTimedOut()

    gateway.runner.at_work = at_work
    with pytest.raises(StoreUnavailable):
        await gateway.execute(session, ORDER, str(client.client_id))


async def test_nothing_is_started_while_the_store_is_away(
    gateway: Gateway, bus: MemoryBus, session: Session, client: Client
) -> None:
    bus.outage()

    with pytest.raises(StoreUnavailable):
        await gateway.execute(session, ORDER, str(client.client_id))
    assert gateway.runner.orders == []


async def test_a_run_without_a_client_needs_no_store(gateway: Gateway, bus: MemoryBus, session: Session) -> None:
    bus.outage()

    await gateway.execute(session, ORDER, None)

    assert len(gateway.runner.orders) == 1


async def test_a_foreign_or_unknown_client_is_an_error_and_nothing_is_started(
    gateway: Gateway, session: Session, client: Client
) -> None:
    other = await gateway.clients.open(MALLORY.user_id, client.position)

    for client_id in (
        str(other.client_id),
        "home-abcdefghij0123456789",
        "",
        ">",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    ):
        with pytest.raises(ClientNotOwned):
            await gateway.execute(session, ORDER, client_id)
    assert gateway.runner.orders == []


@pytest.mark.parametrize("workload", [[], "text", 7, True])
async def test_a_workload_that_cannot_tell_the_worker_how_to_answer_is_refused(
    gateway: Gateway, session: Session, client: Client, workload: JsonValue
) -> None:
    with pytest.raises(RequestMalformed):
        await gateway.execute(session, ExecutionOrder(path=PLAYBOOK, workload=workload), str(client.client_id))
    assert gateway.runner.orders == []


async def test_who_may_not_run_it_starts_nothing(gateway: Gateway, session: Session, client: Client) -> None:
    for order in (ExecutionOrder(path="secret/playbook"), ExecutionOrder(catalog_id="43")):
        with pytest.raises(PlaybookDenied):
            await gateway.execute(session, order, str(client.client_id))
    assert gateway.runner.orders == []


async def test_doubt_about_permission_starts_nothing(gateway: Gateway, session: Session) -> None:
    gateway.access.trouble = AuthBackEndUnavailable()

    with pytest.raises(AuthBackEndUnavailable):
        await gateway.execute(session, ORDER, None)
    assert gateway.runner.orders == []


async def test_a_catalog_id_may_be_run_by_who_may_run_its_path(gateway: Gateway, session: Session) -> None:
    await gateway.execute(session, ExecutionOrder(catalog_id="42"), None)

    assert gateway.runner.orders[0].catalog_id == "42"


async def test_an_order_for_nothing_is_refused(gateway: Gateway, session: Session) -> None:
    with pytest.raises(RequestMalformed):
        await gateway.execute(session, ExecutionOrder(), None)


async def _first(requests: AsyncIterator[PendingRequest]) -> PendingRequest:
    return await anext(requests)
