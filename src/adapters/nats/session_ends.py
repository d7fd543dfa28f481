"""Word of ended sessions, from the feeds of both buckets that tell of them."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from adapters.nats.bucket_feed import Change
from adapters.nats.connection import NatsConnection
from adapters.nats.keys import hashed
from adapters.nats.revocations import NatsRevocations
from adapters.nats.session_encoding import decode
from adapters.nats.session_store import NatsSessionStore
from adapters.nats.supervisor import Supervised
from adapters.nats.waiting import first_of
from domain.errors import StoreUnavailable
from domain.identity import SessionToken

_TOGETHER = 0.05
"""Seconds in which both feeds resume."""

Ended = Callable[[], None]


class NatsSessionEnds:
    """After an interruption it looks at every session that somebody listens for, in a few round trips."""

    def __init__(self, connection: NatsConnection, sessions: NatsSessionStore, revocations: NatsRevocations) -> None:
        self._connection = connection
        self._sessions = sessions
        self._revocations = revocations
        self._listeners: dict[str, dict[object, Ended]] = {}
        self._tokens: dict[str, SessionToken] = {}
        self._unsure = asyncio.Event()
        self._checking: Supervised | None = None
        sessions.feed.watch(self._session_changed, self._unsure.set)
        revocations.feed.watch(self._revoked, self._unsure.set)

    async def __aenter__(self) -> Self:
        self._checking = self._connection.supervisor.start("the check for ended sessions", self._check)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._checking is not None:
            await self._checking.stop()

    def listen(self, token: SessionToken, ended: Ended) -> Callable[[], None]:
        key = hashed(token.text)
        listening = object()
        self._listeners.setdefault(key, {})[listening] = ended
        self._tokens[key] = token

        def stop() -> None:
            others = self._listeners.get(key, {})
            others.pop(listening, None)
            if not others:
                self._listeners.pop(key, None)
                self._tokens.pop(key, None)

        return stop

    def _session_changed(self, change: Change) -> None:
        if not self._listeners:
            return
        token = self._tokens.get(hashed(change.key))
        if token is None:
            return
        session = decode(change.value, token) if change.value is not None else None
        if change.value is None or (session is not None and not session.is_active):
            self._end(hashed(change.key))

    def _revoked(self, change: Change) -> None:
        if change.value is not None:
            self._end(change.key)

    def _end(self, key: str) -> None:
        self._tokens.pop(key, None)
        for ended in self._listeners.pop(key, {}).values():
            ended()

    async def _check(self) -> None:
        async for link in self._connection.links():
            self._unsure.set()
            while not link.lost.is_set():
                await first_of(self._unsure, link.lost)
                await asyncio.sleep(_TOGETHER)
                self._unsure.clear()
                try:
                    await self._look_at_all()
                except StoreUnavailable:
                    self._unsure.set()
                    if not link.lost.is_set():
                        raise

    async def _look_at_all(self) -> None:
        if not self._tokens:
            return
        for entry in await self._revocations.bucket.read_matching(tuple(self._tokens)):
            self._end(entry.key)
        storable = [token.text for token in self._tokens.values() if token.storable]
        for entry in await self._sessions.bucket.read_all(storable):
            if entry.deleted:
                self._end(hashed(entry.key))
