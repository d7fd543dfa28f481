"""Work that must go on for as long as the process does."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)
_LONGEST_PAUSE = 10.0
_HEALTHY_AFTER = 30.0


class Supervised:
    """Runs `work` and starts it again, with back-off, whenever it returns or raises. Also a Dependency for /ready.

    `restarted` is told `ended` or `error`. An async context manager: leaving cancels the work and waits for it.
    """

    def __init__(
        self, name: str, work: Callable[[], Awaitable[None]], restarted: Callable[[str], None] | None = None
    ) -> None:
        self.name = name
        self._work = work
        self._restarted = restarted
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    def trouble(self) -> str | None:
        return "is being restarted" if self._failing else None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=self.name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        pause = 0.1
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            healthy = loop.call_later(1.0, self._recovered)
            reason = await self._once()
            healthy.cancel()
            self._failing = True
            if self._restarted is not None:
                self._restarted(reason)
            pause = 0.1 if loop.time() - started > _HEALTHY_AFTER else min(_LONGEST_PAUSE, pause * 2)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, no secret

    async def _once(self) -> str:
        try:
            await self._work()
        except Exception:  # whatever it was, the work has to go on
            log.exception("%s failed and is started again", self.name)
            return "error"
        log.warning("%s ended and is started again", self.name)
        return "ended"

    def _recovered(self) -> None:
        self._failing = False
