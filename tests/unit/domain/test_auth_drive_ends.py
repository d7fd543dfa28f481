"""What an auth drive leaves behind goes on behind its caller's back, but not beyond the process."""

import asyncio
import contextlib

import pytest
from tests.unit.domain.gateway import Gateway

from adapters.memory.clock import ManualClock
from domain import auth_playbooks
from domain.auth_playbooks import AuthPlaybook
from domain.errors import AuthBackEndUnavailable
from domain.playbooks import Execution, ExecutionOrder

_LOGIN = AuthPlaybook(title="Login", name="login", path="auth/login")


class SlowStart:
    """NoETL takes the run, but does not say so until it is let."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.let = asyncio.Event()
        self.given_up = False

    async def __call__(self, _order: ExecutionOrder, _execution: Execution) -> None:
        self.begun.set()
        try:
            await self.let.wait()
        except asyncio.CancelledError:
            self.given_up = True
            raise


async def _timed_out(gateway: Gateway, clock: ManualClock, noetl: SlowStart) -> None:
    gateway.runner.at_work = noetl
    call = asyncio.create_task(gateway.drive(_LOGIN, {}))
    await noetl.begun.wait()
    await clock.advance(12)
    with pytest.raises(AuthBackEndUnavailable):
        await call


async def test_a_run_whose_id_comes_late_is_cancelled_before_the_process_ends(
    gateway: Gateway, clock: ManualClock
) -> None:
    noetl = SlowStart()
    async with gateway.drive:
        await _timed_out(gateway, clock, noetl)
        assert gateway.runner.cancelled == {}
        noetl.let.set()
    assert list(gateway.runner.cancelled.values()) == ["Gateway login timed out after 12s"]


async def test_a_call_that_noetl_never_answers_does_not_keep_the_process(
    gateway: Gateway, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth_playbooks, "_LAST_CALLS", 0.01)
    noetl = SlowStart()
    async with asyncio.timeout(5), gateway.drive:
        await _timed_out(gateway, clock, noetl)
    assert noetl.given_up
    assert gateway.runner.cancelled == {}


async def test_a_caller_that_leaves_leaves_nothing_running_beyond_the_end(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth_playbooks, "_LAST_CALLS", 0.01)
    noetl = gateway.runner.at_work = SlowStart()
    async with asyncio.timeout(5), gateway.drive:
        call = asyncio.create_task(gateway.drive(_LOGIN, {}))
        await noetl.begun.wait()
        call.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await call
        assert not noetl.given_up
    assert noetl.given_up


async def test_without_anything_under_way_the_end_is_immediate(gateway: Gateway) -> None:
    async with gateway.drive:
        pass
