"""Writes sessions into the K/V bucket that the gateway reads."""

import asyncio
import logging
from typing import Protocol

import msgspec
import nats.errors
import nats.js.errors
from nats.aio.client import Client

from entrypoints.demo.noetl.accounts import LoginSession

_log = logging.getLogger(__name__)


class SessionCache(Protocol):
    async def put(self, session: LoginSession) -> None: ...


class NoSessionCache:
    """For a server without NATS."""

    async def put(self, session: LoginSession) -> None:
        """Nothing is kept."""


class NatsSessionCache:
    """Never creates the bucket, that is the gateway's part: without it, nothing is written."""

    def __init__(self, connection: Client, bucket: str) -> None:
        self._jetstream = connection.jetstream(timeout=2)
        self._bucket = bucket

    async def put(self, session: LoginSession) -> None:
        try:
            async with asyncio.timeout(3):
                bucket = await self._jetstream.key_value(self._bucket)
                await bucket.put(session.token, msgspec.json.encode(session.cache_value()))
        except (nats.errors.Error, nats.js.errors.Error, TimeoutError) as exc:
            _log.warning("session of user %d not cached: %r", session.account.user_id, exc)
