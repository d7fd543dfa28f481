"""Logged-out tokens, hashed, in a bucket of the gateway's own."""

from adapters.nats.connection import NatsConnection
from adapters.nats.followed_bucket import FollowedBucket
from adapters.nats.keys import hashed
from adapters.nats.options import NatsStorage
from adapters.nats.streams import bucket_spec
from domain.identity import SessionToken
from domain.ports.clock import Clock


class NatsRevocations(FollowedBucket):
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
        super().__init__(connection, spec, clock, name="the feed of revocations")

    async def revoke(self, token: SessionToken) -> None:
        await self.bucket.put(hashed(token.text), b"{}")

    async def is_revoked(self, token: SessionToken) -> bool:
        entry = await self.bucket.read_from_leader(hashed(token.text))
        return entry is not None and not entry.deleted
