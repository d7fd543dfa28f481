"""Stream tickets in a bucket of the gateway's own, by their hashes."""

import secrets

from adapters.nats.buckets import Bucket
from adapters.nats.connection import NatsConnection
from adapters.nats.keys import hashed
from adapters.nats.options import NatsStorage
from adapters.nats.publishing import Conflict
from adapters.nats.streams import bucket_spec
from domain.identity import SessionToken


class NatsStreamTickets:
    """The first replica that marks a ticket as used has redeemed it."""

    def __init__(self, connection: NatsConnection, storage: NatsStorage) -> None:
        spec = bucket_spec(
            storage.ticket_bucket,
            storage,
            ttl=storage.ticket_ttl,
            description="One-time tickets for streams",
            value_bytes=1024,
            ours=True,
        )
        self._bucket = Bucket(connection, spec)

    async def issue(self, token: SessionToken) -> str:
        ticket = secrets.token_urlsafe(32)
        await self._bucket.update(hashed(ticket), token.text.encode("latin-1"), 0)
        return ticket

    async def redeem(self, ticket: str) -> SessionToken | None:
        entry = await self._bucket.read_from_leader(hashed(ticket))
        if entry is None or entry.deleted or not entry.value:
            return None
        try:
            await self._bucket.update(entry.key, b"", entry.revision)
        except Conflict:
            return None
        return SessionToken.parse(entry.value.decode("latin-1"))
