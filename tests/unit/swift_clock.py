import asyncio
import time


class SwiftClock:
    """Time that passes so many `times` as fast: what takes two seconds need not be waited for as long."""

    def __init__(self, times: float = 20.0) -> None:
        self._times = times
        self._start = time.time()
        self._started = time.monotonic()

    def now(self) -> float:
        return self._start + self.monotonic()

    def monotonic(self) -> float:
        return (time.monotonic() - self._started) * self._times

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._times)
