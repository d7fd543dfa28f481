from types import TracebackType
from typing import Self

from adapters.nats.bucket_feed import BucketFeed
from adapters.nats.buckets import Bucket
from adapters.nats.connection import NatsConnection
from adapters.nats.streams import StreamSpec
from adapters.nats.supervisor import Supervised
from domain.ports.clock import Clock


class FollowedBucket:
    """A bucket whose changes are followed between entering and leaving. `name` of the feed is for operators."""

    def __init__(self, connection: NatsConnection, spec: StreamSpec, clock: Clock, *, name: str) -> None:
        self.bucket = Bucket(connection, spec)
        self.feed = BucketFeed(connection, self.bucket, clock)
        self._supervisor = connection.supervisor
        self._name = name
        self._following: Supervised | None = None

    async def __aenter__(self) -> Self:
        self._following = self._supervisor.start(self._name, self.feed.run)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._following is not None:
            await self._following.stop()
