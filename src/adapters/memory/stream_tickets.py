import secrets

from adapters.memory.bus import MemoryBus
from domain.identity import SessionToken


class MemoryStreamTickets:
    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def issue(self, token: SessionToken) -> str:
        self._bus.require()
        ticket = secrets.token_urlsafe(32)
        self._bus.tickets.put(ticket, token)
        return ticket

    async def redeem(self, ticket: str) -> SessionToken | None:
        self._bus.require()
        token = self._bus.tickets.get(ticket)
        self._bus.tickets.forget(ticket)
        return token
