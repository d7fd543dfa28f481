"""One timer for all streams: a slot per second, and who is to be called in it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)


class Timed(Protocol):
    def on_time(self, now: float) -> float | None:
        """Called about once at the time asked for (monotonic seconds); the next time, or None for never."""
        ...


class TimerWheel:
    """Turning costs nothing for streams that are not due: a timer per stream would cost one each (design 5)."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic
        self._slots: dict[int, set[Timed]] = {}
        self._slot_of: dict[Timed, int] = {}

    def put(self, timed: Timed, when: float) -> None:
        """Moves `timed` to the slot of `when`."""
        self.remove(timed)
        slot = int(when) + 1
        self._slot_of[timed] = slot
        self._slots.setdefault(slot, set()).add(timed)

    def remove(self, timed: Timed) -> None:
        slot = self._slot_of.pop(timed, None)
        if slot is not None:
            members = self._slots.get(slot, set())
            members.discard(timed)
            if not members:
                self._slots.pop(slot, None)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(1.0 - self.monotonic() % 1.0)
            self.turn()

    def turn(self) -> None:
        """Calls whoever is due, whoever asked for a time that is long past included."""
        now = int(self.monotonic())
        for slot in sorted(slot for slot in self._slots if slot <= now):
            self._call(slot)

    def _call(self, slot: int) -> None:
        for timed in tuple(self._slots.pop(slot, ())):
            if self._slot_of.pop(timed, None) is None:
                continue  # removed by one that was called before it
            try:
                again = timed.on_time(self.monotonic())
            except Exception:  # one stream's trouble must not stop the clock of all others
                log.exception("a stream failed when its time had come")
                continue
            if again is not None:
                self.put(timed, again)
