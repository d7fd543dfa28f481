"""A client that leaves ends the work that was done for it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from entrypoints.http.asgi import Receive, Scope
from entrypoints.http.events.writer import TRANSPORT


@contextmanager
def cancelled_when_client_leaves(scope: Scope, receive: Receive | None) -> Iterator[None]:
    """Cancels the current task when the client goes away.

    The gateway's own server tells without a task; under another one a task listens. `receive`: None while the
    request's body may still have to be read; then only the gateway's own server can tell.
    """
    task = asyncio.current_task()
    if task is None:
        yield
        return
    offered = scope.get("extensions", {}).get(TRANSPORT)
    if offered is not None:
        stop: Callable[[], None] = offered.on_gone(task.cancel)
        try:
            yield
        finally:
            stop()
        return
    if receive is None:
        yield
        return
    listening = asyncio.ensure_future(_cancel_on_disconnect(receive, task))
    try:
        yield
    finally:
        listening.cancel()


async def _cancel_on_disconnect(receive: Receive, task: "asyncio.Task[object]") -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    task.cancel()
