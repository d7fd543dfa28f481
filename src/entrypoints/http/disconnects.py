"""A client that leaves ends the work that was done for it."""

import asyncio
from collections.abc import Callable
from types import TracebackType

from entrypoints.http.asgi import Receive, Scope
from entrypoints.http.events.writer import TRANSPORT


class cancelled_when_client_leaves:  # noqa: N801 - reads as what it does, like the context managers of contextlib
    """Cancels the current task when the client goes away.

    The gateway's own server tells without a task; under another one a task listens. `receive`: None while the
    request's body may still have to be read; then only the gateway's own server can tell.
    """

    __slots__ = ("_receive", "_scope", "_stop")

    def __init__(self, scope: Scope, receive: Receive | None) -> None:
        self._scope = scope
        self._receive = receive
        self._stop: Callable[[], object] | None = None

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        offered = self._scope.get("extensions", {}).get(TRANSPORT)
        if offered is not None:
            self._stop = offered.on_gone(task.cancel)
        elif self._receive is not None:
            self._stop = asyncio.ensure_future(_cancel_on_disconnect(self._receive, task)).cancel

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stop is not None:
            self._stop()


async def _cancel_on_disconnect(receive: Receive, task: "asyncio.Task[object]") -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    task.cancel()
