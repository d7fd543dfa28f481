from typing import Protocol

from domain.identity import Session, SessionToken


class SessionStore(Protocol):
    """The sessions that are known without asking NoETL. Entries vanish by age; the store is a cache.

    Only `storable` tokens reach it; for others `get` is None and the writes do nothing.
    A deletion or revocation is seen by every replica within a second.
    """

    def peek(self, token: SessionToken) -> Session | None:
        """The session if this process knows it for certain right now, without waiting; None says nothing."""
        ...

    async def get(self, token: SessionToken) -> Session | None:
        """The stored session, live or not; an undecodable or foreign entry counts as absent.

        Raises:
            StoreUnavailable: the store cannot be asked.
        """
        ...

    async def put(self, session: Session) -> None:
        """Readable by this process at once, by others soon. Raises StoreUnavailable."""
        ...

    async def delete(self, token: SessionToken) -> None:
        """Ends the session everywhere; no trace is written for a token that is not there.

        Raises StoreUnavailable.
        """
        ...
