"""The clients' streams: a history in JetStream, live frames by interest (design, section 5)."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Self

from nats.aio.msg import Msg

from adapters.nats.attachments import Attachment, Attachments
from adapters.nats.client_history import ClientHistory
from adapters.nats.connection import NatsConnection
from adapters.nats.control_messages import kind_of
from adapters.nats.controls import Controls
from adapters.nats.keys import client_parts
from adapters.nats.live_delivery import LiveDelivery
from adapters.nats.options import NatsStorage
from adapters.nats.streams import LIVE
from adapters.nats.subscriptions import Subscription
from adapters.nats.supervisor import Supervised
from adapters.nats.takeovers import Takeovers
from domain.clients import ClientId
from domain.errors import StoreUnavailable
from domain.events import EventId, Frame
from domain.ports.client_streams import Replay, StreamListener

log = logging.getLogger(__name__)
_INTEREST_SPREADS = 0.3
"""Seconds."""


class NatsClientStreams:
    """One subscription serves all clients that this process handed out, one more each client of another home.

    `home`: this process, `[a-z0-9]{4,32}`, fresh for each start; the same as that of its NatsClientRegistry.
    """

    def __init__(self, connection: NatsConnection, storage: NatsStorage, home: str) -> None:
        self._connection = connection
        self._home = home
        self._own_clients = f"{home}."
        self._attachments = Attachments()
        self._history = ClientHistory(connection, storage)
        self._history.stream.recreated = self._gap_for_all
        self._takeovers = Takeovers(connection, storage, self._attachments, home)
        self._controls = Controls(connection, self._attachments, self._takeovers)
        self._delivery = LiveDelivery(self._history, self._attachments)
        self._own: Subscription | None = None
        self._supervised: list[Supervised] = []

    async def __aenter__(self) -> Self:
        self._own = await self._connection.subscribe(f"{LIVE}.{self._home}.>", self._on_own)
        supervisor = self._connection.supervisor
        self._supervised = [
            supervisor.start("the delivery of live frames", self._follow),
            supervisor.start("the claims of clients", self._takeovers.run),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for supervised in self._supervised:
            await supervised.stop()
        if self._own is not None:
            await self._own.close()
        await self._delivery.close()

    async def position(self) -> EventId:
        return await self._history.newest.now()

    async def recent_position(self) -> EventId:
        return await self._history.newest.recent()

    async def publish(self, client_id: ClientId, frames: Sequence[Frame]) -> None:
        await self._history.publish(client_parts(client_id), frames)

    async def replay(self, client_id: ClientId, after: EventId) -> Replay:
        return await self._history.replay(client_parts(client_id), after)

    def attach(self, client_id: ClientId, listener: StreamListener) -> AbstractAsyncContextManager[None]:
        return _Attached(self, Attachment(client_parts(client_id), listener, secrets.token_hex(8)))

    async def begin(self, attachment: Attachment) -> None:
        self._attachments.add(attachment)
        if not attachment.client.startswith(self._own_clients):
            await self._listen(attachment, lambda message: self._take(attachment.client, attachment, message))
        await self._takeovers.attached(attachment)

    async def leave(self, attachment: Attachment) -> None:
        replaced = not self._attachments.remove(attachment)
        await self._takeovers.detached(attachment, replaced=replaced)
        if attachment.subscription is not None:
            await attachment.subscription.close()

    @asynccontextmanager
    async def follow(self, client_id: ClientId, listener: StreamListener) -> AsyncIterator[None]:
        follower = Attachment(client_parts(client_id), listener, token="")
        self._attachments.follow(follower)
        try:
            if client_id.home != self._home:
                await self._listen(follower, lambda message: self._show(follower, message))
                await self._settle()
            yield
        finally:
            self._attachments.unfollow(follower)
            if follower.subscription is not None:
                await follower.subscription.close()

    async def announce(self, client_id: ClientId, request_id: str) -> None:
        await self._controls.announce(client_parts(client_id), request_id)

    async def is_connected(self, client_id: ClientId) -> bool:
        return await self._controls.is_connected(client_parts(client_id))

    async def _listen(self, attachment: Attachment, take: Callable[[Msg], None]) -> None:
        def take_if_held(message: Msg) -> None:
            if self._attachments.holds(attachment):
                take(message)

        attachment.subscription = await self._connection.subscribe(f"{LIVE}.{attachment.client}", take_if_held)
        if self._history.stream.is_replicated:
            # In a cluster, word of the interest takes a moment; what came before it must not be missed.
            asyncio.get_running_loop().call_later(_INTEREST_SPREADS, self._gap, attachment)

    async def _settle(self) -> None:
        """Until the server knows of all interest; without it there is a gap to come anyway."""
        try:
            await self._connection.link.settle()
        except StoreUnavailable:
            log.debug("a follower hears nothing until the next connection")

    def _gap(self, attachment: Attachment) -> None:
        if self._attachments.holds(attachment):
            attachment.listener.on_gap()

    def _on_own(self, message: Msg) -> None:
        client = message.subject[len(LIVE) + 1 :]
        self._take(client, self._attachments.get(client), message)
        if self._attachments.has_followers:
            for follower in self._attachments.followers(client):
                self._show(follower, message)

    def _show(self, follower: Attachment, message: Msg) -> None:
        if kind_of(message) is None:
            self._delivery.take(follower, message)

    def _take(self, client: str, attachment: Attachment | None, message: Msg) -> None:
        kind = kind_of(message)
        if kind is not None:
            self._controls.take(kind, client, attachment, message)
        elif attachment is not None:
            self._delivery.take(attachment, message)

    async def _follow(self) -> None:
        """On each new connection something may have been missed on the old one."""
        async for _ in self._connection.links(self._history.stream):
            self._gap_for_all()

    def _gap_for_all(self) -> None:
        for attachment in self._attachments.all_with_followers():
            attachment.listener.on_gap()


class _Attached:
    """A class and not a generator, because there is one for each open stream."""

    __slots__ = ("_attachment", "_streams")

    def __init__(self, streams: NatsClientStreams, attachment: Attachment) -> None:
        self._streams = streams
        self._attachment = attachment

    async def __aenter__(self) -> None:
        try:
            await self._streams.begin(self._attachment)
        except BaseException:
            await self._streams.leave(self._attachment)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._streams.leave(self._attachment)
