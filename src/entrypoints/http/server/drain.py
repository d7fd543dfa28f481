"""The end of a process, announced early enough for everybody to leave in order (design 5)."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

_MAX_GRACE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainTiming:
    """In seconds, counted from the begin of the drain.

    `total`: what has not ended by then is cut. `grace`: how long new connections are still accepted, so that load
    balancers find the process not ready before they find it closed. `window`: time after the grace over which the
    ends of the streams are spread, so that not all clients come back to the other replicas at once.
    """

    total: float = 25.0
    grace: float = _MAX_GRACE
    window: float = 10.0

    @classmethod
    def within(cls, total: float) -> "DrainTiming":
        """Grace and window in proportion to the whole."""
        return cls(total=total, grace=min(_MAX_GRACE, total / 10), window=total * 0.4)


class Drain:
    """Shared by the server, which begins the drain, and whatever has to end before the process can."""

    def __init__(self, timing: DrainTiming | None = None) -> None:
        self.timing = timing or DrainTiming()
        self._begun = asyncio.Event()
        self._callbacks: dict[object, Callable[[], None]] = {}

    @property
    def is_draining(self) -> bool:
        return self._begun.is_set()

    def on_begin(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called once, on the event loop, some time within the window after the grace of a drain.

        The result takes that back. A callback that comes after the begin is called after the grace at the latest.
        """
        key = object()
        self._callbacks[key] = callback
        if self.is_draining:
            asyncio.get_running_loop().call_later(self.timing.grace, self._call, key)
        return lambda: self._forget(key)

    def begin(self) -> None:
        """Returns at once. Called again it changes nothing."""
        if self.is_draining:
            return
        self._begun.set()
        loop = asyncio.get_running_loop()
        step = self.timing.window / max(1, len(self._callbacks))
        for place, key in enumerate(self._callbacks):
            loop.call_later(self.timing.grace + place * step, self._call, key)

    async def wait(self) -> None:
        """Until the drain begins."""
        await self._begun.wait()

    def _forget(self, key: object) -> None:
        self._callbacks.pop(key, None)

    def _call(self, key: object) -> None:
        callback = self._callbacks.pop(key, None)
        if callback is None:
            return
        try:
            callback()
        except Exception:  # one that fails must not keep the others from ending
            log.exception("a callback failed at the begin of the drain")
