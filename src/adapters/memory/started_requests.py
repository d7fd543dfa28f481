import asyncio
from collections.abc import AsyncIterator

from adapters.memory.bus import MemoryBus
from domain.callbacks import PendingRequest


class MemoryStartedRequests:
    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def tell(self, request: PendingRequest) -> None:
        if not self._bus.is_away:
            for heard in self._bus.started:
                heard.put_nowait(request)

    async def hear(self) -> AsyncIterator[PendingRequest]:
        heard: asyncio.Queue[PendingRequest] = asyncio.Queue()
        self._bus.started.add(heard)
        try:
            while True:
                yield await heard.get()
        finally:
            self._bus.started.discard(heard)
