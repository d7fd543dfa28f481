"""How an auth playbook is run and its answer awaited (wire 3.1)."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.unit.domain.auth_worker import answering, workload
from tests.unit.domain.gateway import Gateway

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from domain.auth_playbooks import (
    AuthPlaybook,
    AuthPlaybookDrive,
)
from domain.callbacks import CallbackResult, is_request_id
from domain.errors import (
    AuthBackEndFailed,
    AuthBackEndUnavailable,
    ExecutionRefused,
    UpstreamTimedOut,
    UpstreamUnreachable,
)
from domain.identity import SessionToken
from domain.json_values import JsonObject
from domain.playbooks import Execution, ExecutionOrder
from domain.ports.telemetry import Count

LOGIN = AuthPlaybook(title="Login", name="login", path="auth0/login")
USER: JsonObject = {"user_id": 7, "email": "alice@example.com", "display_name": "Alice", "roles": ["admin"]}
TOKEN = SessionToken("46d43dee4e2c3a47af4b75c00a048713", storable=True)


@pytest.fixture
async def drive(gateway: Gateway) -> AsyncIterator[AuthPlaybookDrive]:
    async with gateway.drive as drive:
        yield drive


async def running(drive: AuthPlaybookDrive, clock: ManualClock) -> "asyncio.Task[CallbackResult]":
    """A run that has been started and waits for its answer."""
    run = asyncio.ensure_future(drive(LOGIN, {"auth0_token": "jwt"}))
    await clock.advance(0)
    return run


async def test_a_run_is_started_with_what_the_playbook_needs_to_answer(
    gateway: Gateway, drive: AuthPlaybookDrive
) -> None:
    answering(gateway, {"done": True})

    answer = await drive(LOGIN, {"auth0_token": "jwt"})

    [order] = gateway.runner.orders
    request_id = str(workload(order)["request_id"])
    assert is_request_id(request_id)
    assert (order.path, order.on_behalf_of) == ("auth0/login", None)
    assert workload(order) == {
        "auth0_token": "jwt",
        "request_id": request_id,
        "callback_subject": f"noetl.callbacks.{request_id}",
        "gateway_url": "http://gateway",
    }
    assert answer == CallbackResult(request_id=request_id, data={"done": True})


async def test_the_answer_may_come_to_another_replica_and_late(
    gateway: Gateway, bus: MemoryBus, drive: AuthPlaybookDrive, clock: ManualClock
) -> None:
    run = await running(drive, clock)
    await clock.advance(11.9)
    request_id = str(workload(gateway.runner.orders[0])["request_id"])

    assert await Gateway(bus).deliver_auth(CallbackResult(request_id=request_id))

    assert (await run).succeeded
    assert gateway.runner.cancelled == {}


async def test_an_answer_before_the_execute_reply_is_enough(
    gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock
) -> None:
    hanging = asyncio.Event()

    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        await gateway.deliver_auth(CallbackResult(request_id=str(workload(order)["request_id"])))
        await hanging.wait()

    gateway.runner.at_work = at_work
    run = await running(drive, clock)

    assert (await run).succeeded
    hanging.set()
    await clock.advance(20)
    assert gateway.runner.cancelled == {}


async def test_an_answer_is_believed_even_if_the_execute_reply_is_an_error(
    gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock
) -> None:
    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        await gateway.deliver_auth(CallbackResult(request_id=str(workload(order)["request_id"])))
        await clock.sleep(1)
        raise UpstreamUnreachable

    gateway.runner.at_work = at_work
    run = await running(drive, clock)
    await clock.advance(1)

    assert (await run).succeeded


async def test_a_run_that_does_not_answer_in_time_is_cancelled_and_the_back_end_is_busy(
    gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock
) -> None:
    run = await running(drive, clock)
    await clock.advance(12)

    with pytest.raises(AuthBackEndUnavailable) as raised:
        await run
    assert str(raised.value) == (
        "Login auth playbook did not complete within 12s; auth backend is busy. Please retry."
    )
    assert list(gateway.runner.cancelled.values()) == ["Gateway login timed out after 12s"]


async def test_start_and_answer_share_one_deadline(
    gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock
) -> None:
    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        await clock.sleep(11)

    gateway.runner.at_work = at_work
    run = await running(drive, clock)
    await clock.advance(11.5)
    assert not run.done()
    await clock.advance(0.5)

    with pytest.raises(AuthBackEndUnavailable):
        await run


async def test_a_run_whose_id_comes_too_late_is_cancelled_when_it_comes(
    gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock
) -> None:
    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        await clock.sleep(30)

    gateway.runner.at_work = at_work
    run = await running(drive, clock)
    await clock.advance(12)
    with pytest.raises(AuthBackEndUnavailable):
        await run
    assert gateway.runner.cancelled == {}

    await clock.advance(18)
    assert len(gateway.runner.cancelled) == 1


async def test_a_cancellation_that_hangs_keeps_nobody_waiting(
    gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging(execution_id: str, reason: str) -> None:
        await clock.sleep(100)

    monkeypatch.setattr(gateway.runner, "cancel", hanging)
    run = await running(drive, clock)
    await clock.advance(12)

    assert run.done()
    with pytest.raises(AuthBackEndUnavailable):
        await run
    await clock.advance(100)


async def test_a_cancellation_that_fails_is_counted(
    gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    run = await running(drive, clock)
    gateway.runner.trouble = UpstreamUnreachable()
    with caplog.at_level(logging.WARNING):
        await clock.advance(12)

    with pytest.raises(AuthBackEndUnavailable):
        await run
    assert gateway.telemetry.counts[Count.AUTH_CANCEL_FAILED, ""] == 1
    assert "could not be cancelled" in caplog.text


async def test_a_run_that_noetl_does_not_take_fails_at_once(gateway: Gateway, drive: AuthPlaybookDrive) -> None:
    gateway.runner.trouble = ExecutionRefused("Execute catalog entry failed (resource_kind=playbook): 404")

    with pytest.raises(AuthBackEndFailed) as raised:
        await drive(LOGIN, {})
    assert str(raised.value).startswith("Login playbook failed: Execute catalog entry failed")


async def test_a_noetl_that_does_not_answer_is_busy(gateway: Gateway, drive: AuthPlaybookDrive) -> None:
    gateway.runner.trouble = UpstreamTimedOut()

    with pytest.raises(AuthBackEndUnavailable):
        await drive(LOGIN, {})


async def test_who_has_left_is_not_waited_for(gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock) -> None:
    run = await running(drive, clock)
    request_id = str(workload(gateway.runner.orders[0])["request_id"])
    run.cancel()
    await clock.advance(0)

    assert run.cancelled()
    assert not await gateway.deliver_auth(CallbackResult(request_id=request_id))


async def test_only_so_many_runs_are_under_way_at_a_time(
    gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock
) -> None:
    runs = [await running(drive, clock) for _ in range(6)]
    assert len(gateway.runner.orders) == 4

    for order in list(gateway.runner.orders):
        await gateway.deliver_auth(CallbackResult(request_id=str(workload(order)["request_id"])))
    await clock.advance(0)
    assert len(gateway.runner.orders) == 6

    for run in runs:
        run.cancel()
    await asyncio.gather(*runs, return_exceptions=True)


async def test_who_finds_no_place_in_time_is_told_that_the_back_end_is_busy(gateway: Gateway) -> None:
    drive = replace(gateway.drive, places=asyncio.Semaphore(0), timeout=0.01)

    with pytest.raises(AuthBackEndUnavailable):
        await drive(LOGIN, {})
    assert gateway.runner.orders == []


async def test_no_secret_is_logged(
    gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        run = asyncio.ensure_future(drive(LOGIN, {"auth0_token": "s3cret"}))
        await clock.advance(0)
        gateway.runner.trouble = UpstreamUnreachable()
        await clock.advance(12)
        with pytest.raises(AuthBackEndUnavailable):
            await run

    request_id = str(workload(gateway.runner.orders[0])["request_id"])
    assert "s3cret" not in caplog.text
    assert request_id not in caplog.text
