import secrets
from dataclasses import replace

from adapters.memory.bus import MemoryBus
from domain.clients import Client, ClientId
from domain.events import EventId


class MemoryClientRegistry:
    """`home`: four to 32 lower-case letters and digits that name this gateway among those on the bus."""

    def __init__(self, bus: MemoryBus, *, home: str | None = None) -> None:
        self._bus = bus
        self._home = home or secrets.token_hex(4)

    async def open(self, user_id: int, position: EventId) -> Client:
        self._bus.require()
        client_id = ClientId(self._home, secrets.token_hex(16))
        client = Client(client_id=client_id, user_id=user_id, position=position)
        self._bus.clients.put(client_id, client)
        return client

    async def get(self, client_id: ClientId) -> Client | None:
        self._bus.require()
        return self._bus.clients.get(client_id)

    async def owner(self, client_id: ClientId) -> int | None:
        client = await self.get(client_id)
        return client.user_id if client is not None else None

    async def reached(self, client: Client, position: EventId) -> None:
        self._bus.require()
        self._bus.clients.put(client.client_id, replace(client, position=position))
