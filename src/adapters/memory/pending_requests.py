from collections.abc import Sequence

from adapters.memory.bus import MemoryBus
from domain.callbacks import PendingRequest
from domain.clients import ClientId


class MemoryPendingRequests:
    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def add(self, request: PendingRequest) -> None:
        self._bus.require()
        self._bus.requests.put(request)

    async def save(self, request: PendingRequest) -> None:
        self._bus.require()
        self._bus.requests.put(request)

    async def discard(self, request: PendingRequest) -> None:
        self._bus.require()
        self._bus.requests.remove(request)

    async def get(self, request_id: str) -> PendingRequest | None:
        self._bus.require()
        return self._bus.requests.get(request_id)

    async def of_execution(self, execution_id: str) -> Sequence[PendingRequest]:
        self._bus.require()
        return self._bus.requests.of_execution(execution_id)

    async def of_client(self, client_id: ClientId) -> Sequence[PendingRequest]:
        self._bus.require()
        return self._bus.requests.of_client(str(client_id))
