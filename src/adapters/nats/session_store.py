"""Sessions in a key-value bucket, with a near cache in front of it."""

from adapters.nats.bucket_feed import Change
from adapters.nats.connection import NatsConnection
from adapters.nats.followed_bucket import FollowedBucket
from adapters.nats.near_cache import NearCache
from adapters.nats.options import NatsStorage
from adapters.nats.session_encoding import decode, encode
from adapters.nats.streams import bucket_spec
from domain.errors import StoreUnavailable
from domain.identity import Session, SessionToken
from domain.ports.clock import Clock


class NatsSessionStore(FollowedBucket):
    """`peek` believes the near cache only while the bucket's feed is certain to have missed nothing.

    While NATS is away it goes on believing it, for at most `grace` seconds (0 turns this off): nobody can end a
    session through NATS then, and nobody who works is thrown out. Entries still end with their age.
    """

    def __init__(
        self,
        connection: NatsConnection,
        storage: NatsStorage,
        clock: Clock,
        *,
        capacity: int = 50_000,
        grace: float = 300.0,
    ) -> None:
        spec = bucket_spec(
            storage.session_bucket,
            storage,
            ttl=storage.session_ttl,
            description="Session cache for gateway authentication",
            value_bytes=10_240,
            ours=False,
        )
        super().__init__(connection, spec, clock, name="the feed of sessions")
        self.feed.watch(self._changed, self._resumed)
        self._connection = connection
        self._clock = clock
        self._cache = NearCache(capacity)
        self._grace = grace

    def peek(self, token: SessionToken) -> Session | None:
        now = self._clock.monotonic()
        if self.feed.is_current(now) or (not self._connection.is_connected and self._was_current(now)):
            return self._cache.get(token.text, now)
        return None

    async def get(self, token: SessionToken) -> Session | None:
        if not token.storable:
            return None
        session = self.peek(token) if self._connection.is_connected else None
        return session if session is not None else await self._read(token)

    async def _read(self, token: SessionToken) -> Session | None:
        generation = self.feed.generation
        try:
            entry = await self.bucket.read(token.text)
        except StoreUnavailable:
            # A connection that has gone silent is not known to be lost for some seconds.
            now = self._clock.monotonic()
            known = self._cache.get(token.text, now) if self._was_current(now) else None
            if known is None or not self._connection.is_connected:
                raise
            return known
        if entry is None or entry.deleted:
            return None
        session = decode(entry.value, token)
        if session is not None and generation == self.feed.generation:
            self._keep(session, entry.revision, entry.at)
        return session

    async def put(self, session: Session) -> None:
        if not session.token.storable:
            return
        key = session.token.text
        generation = self.feed.generation
        try:
            revision = await self.bucket.put(key, encode(session))
        except StoreUnavailable:
            self._cache.drop(key)  # it may have been stored
            raise
        if generation == self.feed.generation:
            self._keep(session, revision, self._clock.now())

    async def delete(self, token: SessionToken) -> None:
        if not token.storable:
            return
        self._cache.drop(token.text)
        entry = await self.bucket.read(token.text)
        if entry is not None and not entry.deleted:
            self._cache.changed(token.text, await self.bucket.delete(token.text))

    def _keep(self, session: Session, revision: int, at: float) -> None:
        """`at`: epoch seconds of the write, from which the bucket counts the entry's age."""
        info = self.bucket.stream.info
        lifetime = info.max_age if info is not None else None
        age = max(0.0, self._clock.now() - at)
        until = float("inf") if lifetime is None else self._clock.monotonic() + lifetime - age
        self._cache.keep(session.token.text, session, revision, until)

    def _was_current(self, now: float) -> bool:
        return now - self.feed.heard < self._grace

    def _changed(self, change: Change) -> None:
        known = self._cache.holds(change.key)
        self._cache.changed(change.key, change.revision)
        token = SessionToken.parse(change.key) if known and change.value is not None else None
        session = decode(change.value, token) if token is not None and change.value is not None else None
        if session is not None:
            self._keep(session, change.revision, change.at)

    def _resumed(self) -> None:
        self._cache.clear()
