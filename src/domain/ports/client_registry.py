from typing import Protocol

from domain.clients import Client, ClientId
from domain.events import EventId


class ClientRegistry(Protocol):
    """Whose client is whose, shared by all replicas, forgotten after a time without use. Raises StoreUnavailable."""

    async def open(self, user_id: int, position: EventId) -> Client:
        """A new client with an id that nobody can guess, at home in this process."""
        ...

    async def get(self, client_id: ClientId) -> Client | None: ...

    async def owner(self, client_id: ClientId) -> int | None:
        """The id of the user whose client it is. It never changes, so that it may be known from a minute ago."""
        ...

    async def reached(self, client: Client, position: EventId) -> None:
        """Everything up to `position` has certainly reached the client. Also counts as use."""
        ...
