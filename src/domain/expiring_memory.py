"""A bounded memory of recent answers."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from domain.ports.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ExpiringMemory(Generic[K, V]):
    """Keeps each value for `seconds`, and the newest `capacity` of them."""

    def __init__(self, clock: Clock, *, seconds: float, capacity: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._capacity = capacity
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K) -> V | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[0] <= self._clock.monotonic():
            del self._entries[key]
            return None
        return entry[1]

    def put(self, key: K, value: V) -> None:
        self._entries[key] = (self._clock.monotonic() + self._seconds, value)
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    def forget(self, key: K) -> None:
        self._entries.pop(key, None)
