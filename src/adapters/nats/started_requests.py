"""Word of started requests, to every process on one subject."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self
from weakref import WeakSet

from nats.aio.msg import Msg

from adapters.nats.connection import NatsConnection
from adapters.nats.request_records import decode, encode
from adapters.nats.subscriptions import Subscription
from domain.callbacks import PendingRequest, is_request_id
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)
_SUBJECT = "noetl.gateway.started"
_ORIGIN = "Gateway-Origin"
_REQUEST = "Gateway-Request"
_UNHEARD = 1000


class NatsStartedRequests:
    """What this process tells, it hears itself without NATS. A listener that falls behind loses the oldest."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self._origin = secrets.token_hex(8)
        self._ears: WeakSet[asyncio.Queue[PendingRequest]] = WeakSet()
        self._subscription: Subscription | None = None

    async def __aenter__(self) -> Self:
        self._subscription = await self._connection.subscribe(_SUBJECT, self._take)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._subscription is not None:
            await self._subscription.close()

    async def tell(self, request: PendingRequest) -> None:
        self._hand_over(request)
        headers = {_ORIGIN: self._origin, _REQUEST: request.request_id}
        try:
            await self._connection.publish(_SUBJECT, encode(request), headers=headers)
        except StoreUnavailable:
            log.info("other replicas were not told of a started request")

    def hear(self) -> AsyncIterator[PendingRequest]:
        ear: asyncio.Queue[PendingRequest] = asyncio.Queue(_UNHEARD)
        self._ears.add(ear)  # gone with the iterator, whether or not it is ever used
        return _heard(ear)

    def _take(self, message: Msg) -> None:
        headers = message.headers or {}
        request_id = headers.get(_REQUEST, "")
        if headers.get(_ORIGIN) == self._origin or not is_request_id(request_id):
            return
        request = decode(message.data, request_id)
        if request is not None:
            self._hand_over(request)

    def _hand_over(self, request: PendingRequest) -> None:
        for ear in tuple(self._ears):
            if ear.full():
                ear.get_nowait()
            ear.put_nowait(request)


async def _heard(ear: "asyncio.Queue[PendingRequest]") -> AsyncIterator[PendingRequest]:
    while True:
        yield await ear.get()
