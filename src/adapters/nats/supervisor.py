"""Background work that must not end: restarted with growing waits when it does, and visible while it fails (D40)."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from adapters.nats.backoff import Backoff
from adapters.nats.waiting import end
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)
_STEADY = 2.0
"""Seconds that work must last to count as recovered."""

Work = Callable[[], Coroutine[None, None, None]]


class Supervised:
    """`failure` says what an operator should know while the work keeps failing."""

    def __init__(self, name: str, work: Work, ended: Callable[["Supervised"], None]) -> None:
        self.failure: str | None = None
        self._name = name
        self._work = work
        self._ended = ended
        self._task = asyncio.create_task(self._keep_running(), name=name)

    async def stop(self) -> None:
        await end(self._task)
        self._ended(self)

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        backoff = Backoff(shortest=0.1, longest=5.0)
        while True:
            recovered = loop.call_later(_STEADY, self._recovered)
            started = loop.time()
            try:
                await self._work()
                self.failure = f"{self._name} ended"
                log.warning("%s ended and is started again", self._name)
            except StoreUnavailable:
                self.failure = f"{self._name} cannot reach its store"
                log.warning("%s and is started again", self.failure)
            except Exception as error:
                self.failure = f"{self._name} failed ({type(error).__name__})"
                log.exception("%s failed and is started again", self._name)
            finally:
                recovered.cancel()
            if loop.time() - started > _STEADY:
                backoff.reset()
            await asyncio.sleep(backoff.next())

    def _recovered(self) -> None:
        self.failure = None


class Supervisor:
    def __init__(self) -> None:
        self._running: dict[Supervised, None] = {}

    def start(self, name: str, work: Work) -> Supervised:
        """Runs `work` until it is stopped. `name` is what an operator reads."""
        supervised = Supervised(name, work, self._forget)
        self._running[supervised] = None
        return supervised

    async def stop_all(self) -> None:
        for supervised in tuple(self._running):
            await supervised.stop()

    def trouble(self) -> str | None:
        return "; ".join(one.failure for one in self._running if one.failure) or None

    def _forget(self, supervised: Supervised) -> None:
        self._running.pop(supervised, None)
