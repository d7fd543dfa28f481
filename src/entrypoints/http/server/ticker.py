"""The one timer behind all deadlines of all connections."""

import asyncio
import time
from collections.abc import Sequence

from entrypoints.http.server.edge import Edge

_LONGEST_TICK = 0.25
_TICKS_PER_LIMIT = 5


class Ticker:
    """Ticks several times within the shortest of the limits."""

    def __init__(self, edges: Sequence[Edge]) -> None:
        self._edges = edges
        self._seconds = min([_LONGEST_TICK, *(edge.limits.shortest_secs / _TICKS_PER_LIMIT for edge in edges)])
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        late = now > self._last + 2 * self._seconds
        self._last = now
        self._timer = loop.call_later(self._seconds, self.start)
        for edge in self._edges:
            edge.tick(now, time.time(), late=late)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
