"""The changes of a bucket as they happen, and whether none can have been missed.

`kv.watch()` of nats-py is blind for seconds after a restart of NATS, and for good on a memory bucket. This is an
ordered consumer of our own, one per process, whose heartbeats tell a quiet bucket from a dead feed.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from nats import errors
from nats.aio.msg import Msg

from adapters.nats.buckets import Bucket, is_marker
from adapters.nats.connection import NatsConnection
from adapters.nats.jetstream_api import ApiRefused, call
from adapters.nats.link import Link
from adapters.nats.replies import status_of
from adapters.nats.waiting import first_of
from domain.errors import StoreUnavailable
from domain.ports.clock import Clock

log = logging.getLogger(__name__)
_HEARTBEAT = 0.5
_SILENCE = 1.2
"""Seconds after which a silent feed is not believed: a deletion must be seen within one or so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`value` is None when the key is gone. `at`: epoch seconds."""

    key: str
    value: bytes | None
    revision: int
    at: float


class _Consumer(msgspec.Struct):
    name: str


class BucketFeed:
    def __init__(self, connection: NatsConnection, bucket: Bucket, clock: Clock) -> None:
        self.generation = 0
        """As long as it stays the same, no change has been missed."""
        self._connection = connection
        self._bucket = bucket
        self._clock = clock
        self._watchers: list[tuple[Callable[[Change], None], Callable[[], None]]] = []
        self._following: Link | None = None
        self._heard = float("-inf")
        self._next = 1
        self._broken = asyncio.Event()

    def watch(self, changed: Callable[[Change], None], resumed: Callable[[], None]) -> None:
        """`resumed`: changes may have been missed, and from now on none will be."""
        self._watchers.append((changed, resumed))

    @property
    def heard(self) -> float:
        """Monotonic seconds of the last sign of life."""
        return self._heard

    def is_current(self, now: float) -> bool:
        """Whether every change up to a second ago has been seen. `now`: monotonic seconds."""
        link = self._following
        return link is not None and not link.lost.is_set() and now - self._heard < _SILENCE

    async def run(self) -> None:
        """Follows the bucket until cancelled. Raises StoreUnavailable where it cannot be followed."""
        async for link in self._connection.links(self._bucket.stream):
            try:
                while not link.lost.is_set():
                    await self._connection.ready(self._bucket.stream)
                    await self._follow(link)
            except StoreUnavailable:
                if not link.lost.is_set():
                    raise

    async def _follow(self, link: Link) -> None:
        inbox = link.client.new_inbox()
        self._next = 1
        self._broken.clear()
        subscription = await link.subscribe(inbox, "", self._take)
        try:
            consumer = await self._consumer(link, inbox)
            self._heard = self._clock.monotonic()
            self.generation += 1
            self._following = link
            for _, resumed in self._watchers:
                resumed()
            await self._until_broken(link)
            if not link.lost.is_set():
                await link.publish(f"$JS.API.CONSUMER.DELETE.{self._bucket.stream.name}.{consumer}")
        finally:
            self._following = None
            self.generation += 1
            if not link.lost.is_set():
                try:
                    await subscription.unsubscribe()
                except (errors.Error, OSError) as error:
                    log.debug("unsubscribing failed: %s", type(error).__name__)

    async def _consumer(self, link: Link, inbox: str) -> str:
        stream = self._bucket.stream
        config = {
            "deliver_subject": inbox,
            "deliver_policy": "new",
            "ack_policy": "none",
            "max_deliver": 1,
            "idle_heartbeat": int(_HEARTBEAT * 1e9),
            "inactive_threshold": 5_000_000_000,
            "mem_storage": True,
            "num_replicas": 1,
        }
        try:
            body = {"stream_name": stream.name, "config": config}
            return (await call(link, f"CONSUMER.CREATE.{stream.name}", body, _Consumer)).name
        except ApiRefused as refused:
            self._connection.doubt(stream)
            raise StoreUnavailable from refused

    async def _until_broken(self, link: Link) -> None:
        while not self._broken.is_set() and self.is_current(self._clock.monotonic()):
            await first_of(self._broken, link.lost, timeout=_HEARTBEAT)

    def _take(self, message: Msg) -> None:
        if status_of(message) is not None:
            self._take_heartbeat(message)
            return
        fields = message.reply.split(".")
        first = 5 if len(fields) == 9 else 7  # the longer form names the JetStream domain and account
        if int(fields[first + 1]) != self._next:
            self._broken.set()
            return
        self._next += 1
        self._heard = self._clock.monotonic()
        change = Change(
            key=self._bucket.key_of(message.subject),
            value=None if is_marker(message.headers) else message.data,
            revision=int(fields[first]),
            at=int(fields[first + 2]) / 1e9,
        )
        for changed, _ in self._watchers:
            changed(change)

    def _take_heartbeat(self, message: Msg) -> None:
        delivered = int((message.headers or {}).get("Nats-Last-Consumer", "0"))
        if delivered != self._next - 1:
            self._broken.set()
        else:
            self._heard = self._clock.monotonic()
