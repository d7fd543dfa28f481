"""Background tasks with one owner: none outlives it, and none fails unseen."""

import asyncio
import logging
from collections.abc import Coroutine

_log = logging.getLogger(__name__)


class RunningTasks:
    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None], *, name: str) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self, *, timeout: float = 5.0) -> None:
        """Cancels what still runs and waits for its end."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        _, pending = await asyncio.wait(tasks, timeout=timeout)
        for task in pending:
            _log.error("task %r did not end within %g s of its cancellation", task.get_name(), timeout)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("task %r failed", task.get_name(), exc_info=error)
