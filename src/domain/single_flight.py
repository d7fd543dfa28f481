"""Many callers, one call: whoever asks for the same key while an answer is on its way shares it (D15)."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """The call goes on while anybody waits for it, also when the caller that started it is cancelled."""

    def __init__(self) -> None:
        self._flights: dict[K, _Flight[V]] = {}

    async def run(self, key: K, call: Callable[[], Awaitable[V]]) -> V:
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(_awaited(call)))
            flight.task.add_done_callback(lambda _: self._landed(key, flight))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                flight.task.cancel()
                self._landed(key, flight)

    def _landed(self, key: K, flight: "_Flight[V]") -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if flight.task.done() and not flight.task.cancelled():
            flight.task.exception()  # seen here, so that an answer nobody waits for any more is no warning


class _Flight(Generic[V]):
    __slots__ = ("task", "waiting")

    def __init__(self, task: "asyncio.Future[V]") -> None:
        self.task = task
        self.waiting = 0


async def _awaited(call: Callable[[], Awaitable[V]]) -> V:
    return await call()
