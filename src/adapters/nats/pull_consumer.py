"""Takes messages from a shared durable consumer, asking for as many as can be worked on."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

import msgspec
from nats import errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from adapters.nats.link import Link
from adapters.nats.replies import NO_RESPONDERS, status_of
from adapters.nats.waiting import end, first_of
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)
_BATCH = 200
_EXPIRES = 20.0
_HEARTBEAT = 2.0
_SILENCE = 3 * _HEARTBEAT
_CONFLICT, _WRONG_PIN, _IDLE = "409", "423", "100"
ACK, NAK, NAK_FOR_NOW = b"+ACK", b"-NAK", b'-NAK {"delay":1000000000}'


class SourceLost(Exception):
    """The stream or its consumer is not there any more."""


class PullConsumer:
    """`take` gets each message; say `acknowledge` or `refuse` for each, in time."""

    def __init__(self, link: Link, stream: str, durable: str, group: str, take: Callable[[Msg], None]) -> None:
        self._link = link
        self._api = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._unpin = f"$JS.API.CONSUMER.UNPIN.{stream}.{durable}"
        self._group = group
        self._take = take
        self._inbox = link.client.new_inbox()
        self._pin: str | None = None
        self._wanted = 0
        self._lost = False
        self._finished = asyncio.Event()
        self._heard = 0.0
        self._is_leaving = False
        self._due: deque[tuple[str, bytes]] = deque()
        self._any_due = asyncio.Event()
        self._subscription: Subscription | None = None
        self._sending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._subscription = await self._link.subscribe(self._inbox, "", self._receive)
        self._sending = asyncio.create_task(self._send_due())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What was not acknowledged must have been refused before."""
        if self._sending is not None:
            await end(self._sending)
        try:
            if not self._link.lost.is_set():
                await self._flush()
        except StoreUnavailable:
            log.info("other replicas take over when this one has been silent for a while")

    async def leave(self) -> None:
        """Another replica takes over at once, beginning with what is refused from now on."""
        self._is_leaving = True
        if self._subscription is None or self._link.lost.is_set():
            return
        try:
            await self._subscription.unsubscribe()
            if self._pin is not None:
                # Before anything is refused: a server that finds nobody for it shuffles what it has to repeat.
                await self._link.request(self._unpin, msgspec.json.encode({"group": self._group}))
        except (StoreUnavailable, errors.Error, OSError) as failed:
            log.debug("a consumer was left without a word: %s", type(failed).__name__)

    async def pull(self, room: int) -> None:
        """Asks for up to `room` messages and returns when they are there, or when there are none for a while.

        Raises SourceLost, StoreUnavailable.
        """
        self._wanted = min(room, _BATCH)
        question: dict[str, object] = {
            "batch": self._wanted,
            "expires": int(_EXPIRES * 1e9),
            "idle_heartbeat": int(_HEARTBEAT * 1e9),
            "group": self._group,
        }
        if self._pin is not None:
            question["id"] = self._pin
        self._finished.clear()
        self._heard = asyncio.get_running_loop().time()
        await self._link.publish(self._api, msgspec.json.encode(question), self._inbox)
        while not self._finished.is_set():
            await first_of(self._finished, self._link.lost, timeout=_HEARTBEAT)
            if self._lost or self._link.lost.is_set():
                raise SourceLost
            if asyncio.get_running_loop().time() - self._heard > _SILENCE:
                return

    def acknowledge(self, message: Msg) -> None:
        self._send(message.reply, ACK)

    def refuse(self, message: Msg) -> None:
        """It comes again: after a second, or at once on another replica when this one is leaving."""
        self._send(message.reply, NAK if self._is_leaving else NAK_FOR_NOW)

    def _receive(self, message: Msg) -> None:
        self._heard = asyncio.get_running_loop().time()
        status = status_of(message)
        if status is None:
            self._wanted -= 1
            self._pin = (message.headers or {}).get("Nats-Pin-Id", self._pin)
            self._take(message)
        elif status == _WRONG_PIN:
            self._pin = None
        elif status == NO_RESPONDERS or (status == _CONFLICT and "Deleted" in str(message.headers)):
            self._lost = True
        if self._wanted <= 0 or status not in (None, _IDLE):
            self._finished.set()

    def _send(self, subject: str, word: bytes) -> None:
        self._due.append((subject, word))
        self._any_due.set()

    async def _send_due(self) -> None:
        while not self._link.lost.is_set():
            await self._any_due.wait()
            self._any_due.clear()
            try:
                await self._flush()
            except StoreUnavailable:
                return

    async def _flush(self) -> None:
        while self._due:
            subject, word = self._due.popleft()
            await self._link.publish(subject, word)
