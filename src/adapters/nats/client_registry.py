"""Whose client is whose, in a bucket of the gateway's own."""

import secrets

import msgspec

from adapters.nats.buckets import Bucket
from adapters.nats.connection import NatsConnection
from adapters.nats.keys import client_parts
from adapters.nats.options import NatsStorage
from adapters.nats.streams import client_bucket_spec
from domain.clients import Client, ClientId
from domain.errors import StoreUnavailable
from domain.events import EventId
from domain.expiring_memory import ExpiringMemory
from domain.ports.clock import Clock


class _Record(msgspec.Struct):
    user_id: int
    position: str


class NatsClientRegistry:
    """`home`: this process, `[a-z0-9]{4,32}`, fresh for each start; the same as that of its NatsClientStreams."""

    def __init__(self, connection: NatsConnection, storage: NatsStorage, home: str, clock: Clock) -> None:
        self._bucket = Bucket(connection, client_bucket_spec(storage))
        self._home = home
        self._owners: ExpiringMemory[ClientId, int] = ExpiringMemory(clock, seconds=60, capacity=10_000)

    async def open(self, user_id: int, position: EventId) -> Client:
        client = Client(client_id=ClientId(self._home, secrets.token_hex(16)), user_id=user_id, position=position)
        await self._write(client, position)
        return client

    async def get(self, client_id: ClientId) -> Client | None:
        entry = await self._bucket.read(client_parts(client_id))
        if entry is None or entry.deleted:
            return None
        try:
            record = msgspec.json.decode(entry.value, type=_Record)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise StoreUnavailable from error
        position = EventId.parse(record.position)
        if position is None:
            return None
        return Client(client_id=client_id, user_id=record.user_id, position=position)

    async def owner(self, client_id: ClientId) -> int | None:
        known = self._owners.get(client_id)
        if known is not None:
            return known
        client = await self.get(client_id)
        if client is None:
            return None
        self._owners.put(client_id, client.user_id)
        return client.user_id

    async def reached(self, client: Client, position: EventId) -> None:
        await self._write(client, position)

    async def _write(self, client: Client, position: EventId) -> None:
        record = _Record(user_id=client.user_id, position=str(position))
        await self._bucket.put(client_parts(client.client_id), msgspec.json.encode(record))
