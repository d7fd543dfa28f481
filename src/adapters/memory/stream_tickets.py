import secrets

from domain.expiring_memory import ExpiringMemory
from domain.identity import SessionToken
from domain.ports.clock import Clock


class MemoryStreamTickets:
    def __init__(self, clock: Clock, *, seconds: float = 60.0) -> None:
        self._tokens = ExpiringMemory[str, SessionToken](clock, seconds=seconds, capacity=10_000)

    async def issue(self, token: SessionToken) -> str:
        ticket = secrets.token_urlsafe(32)
        self._tokens.put(ticket, token)
        return ticket

    async def redeem(self, ticket: str) -> SessionToken | None:
        token = self._tokens.get(ticket)
        self._tokens.forget(ticket)
        return token
