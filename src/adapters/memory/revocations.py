from adapters.memory.bus import MemoryBus
from domain.identity import SessionToken


class MemoryRevocations:
    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def revoke(self, token: SessionToken) -> None:
        self._bus.require()
        self._bus.revoked.add(token)
        self._bus.session_listeners.end(token)

    async def is_revoked(self, token: SessionToken) -> bool:
        self._bus.require()
        return token in self._bus.revoked
