"""Subjects that a process listens to, on whatever connection it has."""

import logging
from collections.abc import Callable

from nats import errors
from nats.aio import subscription as nats_py
from nats.aio.msg import Msg

from adapters.nats.link import Link
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)


class Subscription:
    __slots__ = ("_handler", "_owner", "link", "live", "subject")

    def __init__(
        self,
        subject: str,
        handler: Callable[[Msg], None],
        owner: "Subscriptions",
    ) -> None:
        self.subject = subject
        self.link: Link | None = None
        self._handler = handler
        self._owner = owner
        self.live: nats_py.Subscription | None = None

    async def start(self, link: Link) -> None:
        if self.link is link:
            return
        self.link = link
        try:
            self.live = await link.subscribe(self.subject, "", self._handler)
        except StoreUnavailable:
            log.info("a subscription waits for the next connection")

    async def close(self) -> None:
        """Never fails."""
        self._owner.remove(self)
        live, self.live, link, self.link = self.live, None, self.link, None
        if live is None or link is None or link.lost.is_set():
            return
        try:
            await live.unsubscribe()
        except (errors.Error, OSError) as error:
            log.debug("unsubscribing failed: %s", type(error).__name__)


class Subscriptions:
    def __init__(self) -> None:
        self._all: dict[Subscription, None] = {}

    async def add(self, subscription: Subscription, link: Link | None) -> None:
        self._all[subscription] = None
        if link is not None:
            await subscription.start(link)

    def remove(self, subscription: Subscription) -> None:
        self._all.pop(subscription, None)

    async def restore(self, link: Link) -> None:
        for subscription in tuple(self._all):
            if subscription in self._all:
                await subscription.start(link)
