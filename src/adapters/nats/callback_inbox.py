"""Answers of auth playbooks, by HTTP on any replica or by NATS, and those who wait for them here."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from nats.aio.msg import Msg

from adapters.nats.callback_messages import decode, encode
from adapters.nats.connection import NatsConnection
from adapters.nats.keys import checked_prefix, is_part
from adapters.nats.replies import NO_RESPONDERS, status_of
from adapters.nats.subscriptions import Subscription
from domain.callbacks import CallbackResult
from domain.errors import StoreUnavailable
from domain.ports.clock import Clock

log = logging.getLogger(__name__)
_WAITERS = "noetl.gateway.waiters"
_TAKEN, _REFUSED = b"1", b"0"


class NatsWaiter:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answer: asyncio.Future[CallbackResult] = asyncio.get_running_loop().create_future()

    def take(self, result: CallbackResult) -> bool:
        """False if it has an answer already."""
        if self._answer.done():
            return False
        self._answer.set_result(result)
        return True

    async def result(self, deadline: float) -> CallbackResult:
        async with asyncio.timeout(max(0.0, deadline - self._clock.monotonic())):
            return await asyncio.shield(self._answer)


class NatsCallbackInbox:
    """Playbooks may publish to `{callback_subject_prefix}.<anything>`: every replica hears that (wire 4.2)."""

    def __init__(
        self, connection: NatsConnection, clock: Clock, *, callback_subject_prefix: str = "noetl.callbacks"
    ) -> None:
        """Raises ValueError for a prefix that no subject can have."""
        self._connection = connection
        self._clock = clock
        self._prefix = checked_prefix(callback_subject_prefix)
        self._waiting: dict[str, NatsWaiter] = {}
        self._subscription: Subscription | None = None

    async def __aenter__(self) -> Self:
        self._subscription = await self._connection.subscribe(f"{self._prefix}.>", self._take_published)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._subscription is not None:
            await self._subscription.close()

    @asynccontextmanager
    async def expect(self, request_id: str) -> AsyncIterator[NatsWaiter]:
        waiter = self._waiting[request_id] = NatsWaiter(self._clock)
        subscription: Subscription | None = None
        try:
            if is_part(request_id):
                subscription = await self._connection.subscribe(f"{_WAITERS}.{request_id}", self._take_forwarded)
                await self._heard_by_the_server()
            yield waiter
        finally:
            del self._waiting[request_id]
            if subscription is not None:
                await subscription.close()

    async def _heard_by_the_server(self) -> None:
        """Else an answer that another replica gets at once would find nobody."""
        try:
            await self._connection.link.settle()
        except StoreUnavailable:
            log.info("answers that reach other replicas will be heard once NATS is back")

    async def deliver(self, result: CallbackResult) -> bool:
        """False, too, when the waiter may be on another replica that cannot be reached now."""
        if result.request_id in self._waiting:
            return self._waiting[result.request_id].take(result)
        if not is_part(result.request_id):
            return False
        try:
            answer = await self._connection.request(f"{_WAITERS}.{result.request_id}", encode(result))
        except StoreUnavailable:
            log.warning("an auth callback that nobody here waits for could not be passed to other replicas")
            return False
        return status_of(answer) != NO_RESPONDERS and answer.data == _TAKEN

    def _take_forwarded(self, message: Msg) -> None:
        self._connection.answer(message, _TAKEN if self._take(message.data) else _REFUSED)

    def _take_published(self, message: Msg) -> None:
        if not self._take(message.data):
            log.debug("a published callback has no waiter here")  # every replica but one says so (D48)

    def _take(self, payload: bytes) -> bool:
        result = decode(payload)
        if result is None:
            log.warning("a malformed auth callback was ignored (%d bytes)", len(payload))
            return False
        waiter = self._waiting.get(result.request_id)
        return waiter is not None and waiter.take(result)
