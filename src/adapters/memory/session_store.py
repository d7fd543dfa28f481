from adapters.memory.bus import MemoryBus
from domain.identity import Session, SessionToken


class MemorySessionStore:
    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    def peek(self, token: SessionToken) -> Session | None:
        return self._bus.sessions.get(token)

    async def get(self, token: SessionToken) -> Session | None:
        self._bus.require()
        return self._bus.sessions.get(token)

    async def put(self, session: Session) -> None:
        self._bus.require()
        if session.token.storable:
            self._bus.sessions.put(session.token, session)

    async def delete(self, token: SessionToken) -> None:
        self._bus.require()
        if self._bus.sessions.get(token) is not None:
            self._bus.sessions.forget(token)
            self._bus.session_listeners.end(token)
