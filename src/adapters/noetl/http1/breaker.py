import logging
import time
from collections.abc import Callable

from domain.errors import UpstreamSuspended

logger = logging.getLogger(__name__)


class CircuitBreaker:
    """Leaves an upstream alone that has failed `threshold` times in a row.

    After `cool_down` seconds one request is let through as a probe, and a further one each `cool_down` seconds
    until somebody succeeds; a probe that is abandoned therefore blocks nobody.
    """

    __slots__ = ("_clock", "_cool_down", "_failures", "_name", "_next_probe", "_threshold")

    def __init__(
        self, name: str, *, threshold: int, cool_down: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`name` is for the log; `clock` counts seconds and never jumps."""
        self._name = name
        self._threshold = threshold
        self._cool_down = cool_down
        self._clock = clock
        self._failures = 0
        self._next_probe: float | None = None

    @property
    def closed(self) -> bool:
        """Whether `admit` lets everybody pass."""
        return self._next_probe is None

    def admit(self) -> None:
        """Raises:
        UpstreamSuspended: the breaker is open and it is not yet time for a probe.
        """
        if self._next_probe is None:
            return
        now = self._clock()
        if now < self._next_probe:
            raise UpstreamSuspended
        self._next_probe = now + self._cool_down

    def succeeded(self) -> None:
        if not self._failures:
            return
        self._failures = 0
        if self._next_probe is not None:
            self._next_probe = None
            logger.warning("upstream %s answers again", self._name)

    def failed(self) -> None:
        """Failures of requests that were already under way do not prolong an open state."""
        self._failures += 1
        if self._failures >= self._threshold and self._next_probe is None:
            self._next_probe = self._clock() + self._cool_down
            logger.warning("upstream %s suspended after %d failures", self._name, self._failures)
