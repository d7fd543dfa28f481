"""How long a stream lives: not beyond its session, its age, or the process."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from domain.identity import Session
from domain.ports.clock import Clock
from domain.ports.session_ends import SessionEnds
from entrypoints.http.events.wheel import TimerWheel

_NEVER = float("inf")


class Ending(Enum):
    """`word`: what the metrics call it."""

    LOGGED_OUT = "logged_out"
    EXPIRED = "expired"
    AGED = "aged"
    DRAINED = "drained"

    @property
    def word(self) -> str:
        return "ended" if self in (Ending.EXPIRED, Ending.AGED) else self.value

    @property
    def of_session(self) -> bool:
        return self in (Ending.LOGGED_OUT, Ending.EXPIRED)


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLife:
    """`rotate_after`: age in seconds at which a stream ends for its client to come back; 0 for never."""

    session_ends: SessionEnds
    clock: Clock
    wheel: TimerWheel
    on_drain: Callable[[Callable[[], None]], Callable[[], None]]
    rotate_after: float = 0.0

    @contextmanager
    def watch(
        self,
        session: Session,
        end: Callable[[Ending], None],
        *,
        beat: Callable[[], None] = _nothing,
        every: float = _NEVER,
    ) -> Iterator[None]:
        """Calls `end` when the time has come, for whatever reason, and `beat` about `every` so many seconds."""
        now = self.clock.monotonic()
        watched = _Watched(self._expiry(session, now), self._age(now), end, beat, every, now)
        stops = (
            self.session_ends.listen(session.token, lambda: end(Ending.LOGGED_OUT)),
            self.on_drain(lambda: end(Ending.DRAINED)),
        )
        if (when := watched.next()) is not None:
            self.wheel.put(watched, when)
        try:
            yield
        finally:
            self.wheel.remove(watched)
            for stop in stops:
                stop()

    def _expiry(self, session: Session, now: float) -> float:
        return _NEVER if session.ends_at is None else now + session.ends_at - self.clock.now()

    def _age(self, now: float) -> float:
        if self.rotate_after <= 0:
            return _NEVER
        return now + self.rotate_after * random.uniform(0.9, 1.0)  # noqa: S311 - spreads load, no secret


class _Watched:
    """In the timer wheel. All times are monotonic seconds."""

    __slots__ = ("_ages", "_beat", "_end", "_every", "_expires", "_next_beat")

    def __init__(
        self,
        expires: float,
        ages: float,
        end: Callable[[Ending], None],
        beat: Callable[[], None],
        every: float,
        now: float,
    ) -> None:
        self._expires = expires
        self._ages = ages
        self._end = end
        self._beat = beat
        self._every = every
        self._next_beat = now + every

    def next(self) -> float | None:
        when = min(self._expires, self._ages, self._next_beat)
        return None if when == _NEVER else when

    def on_time(self, now: float) -> float | None:
        if now >= min(self._expires, self._ages):
            self._end(Ending.EXPIRED if now >= self._expires else Ending.AGED)
            return None
        if now >= self._next_beat:
            self._next_beat = now + self._every
            self._beat()
        return self.next()
