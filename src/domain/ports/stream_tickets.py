from typing import Protocol

from domain.identity import SessionToken


class StreamTickets(Protocol):
    """One-time stand-ins for session tokens, good for a minute, so that no token gets into a URL (D28).

    Shared by all replicas. Raises StoreUnavailable.
    """

    async def issue(self, token: SessionToken) -> str:
        """A ticket of `[A-Za-z0-9_-]` that nobody can guess."""
        ...

    async def redeem(self, ticket: str) -> SessionToken | None:
        """The token, once; None for a ticket that is unknown, expired or used."""
        ...
