from typing import Protocol

from domain.identity import SessionToken


class Revocations(Protocol):
    """Tokens that were logged out. They stay refused even while NoETL still calls them valid."""

    async def revoke(self, token: SessionToken) -> None:
        """Raises StoreUnavailable when the revocation was not recorded."""
        ...

    async def is_revoked(self, token: SessionToken) -> bool:
        """Raises StoreUnavailable."""
        ...
