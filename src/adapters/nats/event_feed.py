"""Lifecycle events: from a JetStream stream where one holds them, else as they fly by."""

import logging
from collections.abc import Awaitable, Callable

from nats import errors
from nats.aio.msg import Msg

from adapters.nats.connection import NatsConnection
from adapters.nats.event_parsing import parse_event
from adapters.nats.event_streams import GROUP, share_consumer, stream_with
from adapters.nats.execution_lanes import ExecutionLanes, Handle
from adapters.nats.jetstream_api import ApiRefused
from adapters.nats.keys import checked_prefix
from adapters.nats.link import Link
from adapters.nats.pull_consumer import PullConsumer, SourceLost
from adapters.nats.waiting import first_of
from domain.errors import StoreUnavailable
from domain.events import ExecutionEvent
from domain.ports.clock import Clock

log = logging.getLogger(__name__)
_PAUSES = (0.1, 0.5)
_PAUSES_WITHOUT_STREAM = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
"""Seconds between tries: nobody repeats what no stream holds."""
_LOOK_AGAIN = 30.0


class NatsEventFeed:
    """With a stream: a durable consumer shared by all replicas, one of which takes events at a time, in order.

    Without one: a queue group, each event to one replica; a restart loses what comes meanwhile, and order holds
    only among the events that come to the same replica.
    """

    def __init__(
        self,
        connection: NatsConnection,
        clock: Clock,
        *,
        updates_subject_prefix: str = "noetl.events.",
        durable: str = "noetl-gateway",
    ) -> None:
        """`durable` names the deployment: gateways with different names each get every event.

        Raises ValueError for a prefix that no subject can have.
        """
        self._connection = connection
        self._clock = clock
        self._prefix = checked_prefix(updates_subject_prefix) + "."
        self._pattern = f"{self._prefix}>"
        self._durable = durable

    async def run(self, handle: Callable[[ExecutionEvent], Awaitable[None]]) -> None:
        flying = ExecutionLanes(handle, pauses=_PAUSES_WITHOUT_STREAM)
        try:
            async for link in self._connection.links():
                try:
                    await self._follow(link, handle, flying)
                except StoreUnavailable:
                    if not link.lost.is_set():
                        raise
        finally:
            await flying.close()

    async def _follow(self, link: Link, handle: Handle, flying: ExecutionLanes) -> None:
        while not link.lost.is_set():
            stream = await stream_with(link, self._pattern)
            try:
                if stream is None or not await self._consume(link, stream, handle):
                    await self._listen(link, flying, refused=stream is not None)
            except SourceLost:
                log.warning("the stream of lifecycle events or its consumer is gone; it is looked for again")
                await first_of(link.lost, timeout=_PAUSES[0])

    async def _consume(self, link: Link, stream: str, handle: Handle) -> bool:
        """Until the connection is lost. False if the stream cannot be consumed."""
        try:
            await share_consumer(link, stream, self._durable, self._pattern)
        except ApiRefused as refused:
            log.warning("lifecycle events are taken without the stream %s: %s", stream, refused.description)
            return False
        log.info("lifecycle events come from the stream %s", stream)
        lanes = ExecutionLanes(handle, pauses=_PAUSES)

        def take(message: Msg) -> None:
            event = self._parse(message)
            if event is None:
                consumer.acknowledge(message)
            else:
                lanes.put(event, lambda done: (consumer.acknowledge if done else consumer.refuse)(message))

        async with PullConsumer(link, stream, self._durable, GROUP, take) as consumer:
            try:
                while not link.lost.is_set():
                    await lanes.until_room()
                    await consumer.pull(lanes.room)
            finally:
                await consumer.leave()
                await lanes.close()
        return True

    async def _listen(self, link: Link, lanes: ExecutionLanes, *, refused: bool) -> None:
        """Until the connection is lost, or a stream has appeared, which is not looked for after one has refused."""

        def take(message: Msg) -> None:
            event = self._parse(message)
            if event is None:
                return
            if lanes.room > 0:
                lanes.put(event, _no_matter)
            else:
                log.error("an event of execution %s is lost: too many are waiting", event.execution_id)

        subscription = await link.subscribe(self._pattern, self._durable, take)
        try:
            await first_of(link.lost, timeout=None if refused else _LOOK_AGAIN)
            while not link.lost.is_set() and not await self._has_consumer(link):
                await first_of(link.lost, timeout=_LOOK_AGAIN)
        finally:
            if not link.lost.is_set():
                await _unsubscribed(subscription.unsubscribe)

    async def _has_consumer(self, link: Link) -> bool:
        """Whether a stream keeps the events from here on."""
        stream = await stream_with(link, self._pattern)
        if stream is None:
            return False
        try:
            await share_consumer(link, stream, self._durable, self._pattern)
        except ApiRefused:
            return False
        return True

    def _parse(self, message: Msg) -> ExecutionEvent | None:
        return parse_event(message.subject, self._prefix, message.data, self._clock.now())


def _no_matter(_: bool) -> None:
    """Nobody repeats the event."""


async def _unsubscribed(unsubscribe: Callable[[], Awaitable[None]]) -> None:
    try:
        await unsubscribe()
    except (errors.Error, OSError) as error:
        log.debug("unsubscribing failed: %s", type(error).__name__)
