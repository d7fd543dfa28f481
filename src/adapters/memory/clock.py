import asyncio
import heapq
import itertools

_TURNS = 25


class ManualClock:
    """Time that stands still until somebody moves it."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self._monotonic = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Wakes every sleeper on the way, each at its own time, and lets the tasks of the loop go on.

        `advance(0)` only lets them go on, until each of them waits for something.
        """
        target = self._monotonic + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            wake_at, _, woken = heapq.heappop(self._sleepers)
            self._move_to(wake_at)
            if not woken.done():
                woken.set_result(None)
            await _settle()
        self._move_to(target)
        await _settle()

    def _move_to(self, monotonic: float) -> None:
        self._now += monotonic - self._monotonic
        self._monotonic = monotonic


async def _settle() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
