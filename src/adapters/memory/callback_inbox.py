from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.memory.bus import MemoryBus
from adapters.memory.waiting import Waiting
from domain.callbacks import CallbackResult


class MemoryCallbackInbox:
    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self._here: dict[str, Waiting] = {}

    @asynccontextmanager
    async def expect(self, request_id: str) -> AsyncIterator[Waiting]:
        waiting = self._here[request_id] = self._bus.waiting[request_id] = Waiting(self._bus.clock)
        try:
            yield waiting
        finally:
            del self._here[request_id], self._bus.waiting[request_id]

    async def deliver(self, result: CallbackResult) -> bool:
        reachable = self._here if self._bus.is_away else self._bus.waiting
        waiting = reachable.get(result.request_id)
        return waiting is not None and waiting.answer(result)
