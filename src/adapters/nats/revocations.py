"""Logged-out tokens, hashed, in a bucket of the gateway's own."""

from types import TracebackType
from typing import Self

from adapters.nats.bucket_feed import BucketFeed
from adapters.nats.buckets import Bucket
from adapters.nats.connection import NatsConnection
from adapters.nats.keys import hashed
from adapters.nats.options import NatsStorage
from adapters.nats.streams import bucket_spec
from adapters.nats.supervisor import Supervised
from domain.identity import SessionToken
from domain.ports.clock import Clock


class NatsRevocations:
    """Read from the bucket's leader: what was revoked is refused from that moment on, on every replica."""

    def __init__(self, connection: NatsConnection, storage: NatsStorage, clock: Clock) -> None:
        spec = bucket_spec(
            storage.revocation_bucket,
            storage,
            ttl=storage.revocation_ttl,
            description="Session tokens that were logged out",
            value_bytes=64,
            ours=True,
        )
        self.bucket = Bucket(connection, spec)
        self.feed = BucketFeed(connection, self.bucket, clock)
        self._connection = connection
        self._following: Supervised | None = None

    async def __aenter__(self) -> Self:
        self._following = self._connection.supervisor.start("the feed of revocations", self.feed.run)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._following is not None:
            await self._following.stop()

    async def revoke(self, token: SessionToken) -> None:
        await self.bucket.put(hashed(token.text), b"{}")

    async def is_revoked(self, token: SessionToken) -> bool:
        entry = await self.bucket.read_from_leader(hashed(token.text))
        return entry is not None and not entry.deleted
