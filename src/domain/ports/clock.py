from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, for deadlines; the event loop's time where there is one."""
        ...

    async def sleep(self, seconds: float) -> None: ...
