from dataclasses import dataclass

from domain.identity import SessionToken
from domain.ports.revocations import Revocations
from domain.ports.session_store import SessionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOut:
    """Ends a session everywhere within a second, open streams included; repeating it is harmless.

    Raises StoreUnavailable when it cannot be made sure.
    """

    sessions: SessionStore
    revocations: Revocations

    async def __call__(self, token: SessionToken) -> None:
        # The revocation first: the deletion must not be undone by a validation that is under way.
        await self.revocations.revoke(token)
        await self.sessions.delete(token)
