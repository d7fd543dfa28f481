import asyncio
from collections.abc import Callable

import pytest
from tests.unit.http.asking import Exchange, scope_of

from entrypoints.http.disconnects import cancelled_when_client_leaves
from entrypoints.http.events.writer import TRANSPORT


class Transport:
    """What the gateway's own server offers."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], object]] = []

    def on_gone(self, callback: Callable[[], object]) -> Callable[[], None]:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)


async def test_under_the_gateways_own_server_the_work_ends_with_the_client() -> None:
    transport = Transport()
    scope = scope_of(extensions={TRANSPORT: transport})

    async def work() -> None:
        with cancelled_when_client_leaves(scope, None):
            await asyncio.Event().wait()

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    transport.callbacks[0]()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert transport.callbacks == []


async def test_under_another_server_a_task_listens() -> None:
    exchange = Exchange([b"", b""])

    async def work() -> None:
        with cancelled_when_client_leaves(scope_of(), exchange.receive):
            await asyncio.Event().wait()

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    exchange.gone.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_work_that_is_done_is_not_cancelled_any_more() -> None:
    transport, exchange = Transport(), Exchange()
    with cancelled_when_client_leaves(scope_of(extensions={TRANSPORT: transport}), exchange.receive):
        pass
    with cancelled_when_client_leaves(scope_of(), exchange.receive):
        await asyncio.sleep(0)
    exchange.gone.set()
    await asyncio.sleep(0)
    assert transport.callbacks == []


async def test_a_body_that_is_still_to_be_read_is_left_alone() -> None:
    before = asyncio.all_tasks()
    with cancelled_when_client_leaves(scope_of(), None):
        assert asyncio.all_tasks() == before
