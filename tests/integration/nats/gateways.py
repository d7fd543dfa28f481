"""All NATS adapters of one gateway process, opened."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from adapters.nats.callback_inbox import NatsCallbackInbox
from adapters.nats.client_registry import NatsClientRegistry
from adapters.nats.client_streams import NatsClientStreams
from adapters.nats.connection import NatsConnection
from adapters.nats.event_feed import NatsEventFeed
from adapters.nats.options import NatsOptions, NatsStorage
from adapters.nats.pending_requests import NatsPendingRequests
from adapters.nats.revocations import NatsRevocations
from adapters.nats.session_ends import NatsSessionEnds
from adapters.nats.session_store import NatsSessionStore
from adapters.nats.started_requests import NatsStartedRequests
from adapters.nats.stream_tickets import NatsStreamTickets
from adapters.system.clock import SystemClock


@dataclass(frozen=True, kw_only=True)
class Gateway:
    home: str
    connection: NatsConnection
    sessions: NatsSessionStore
    session_ends: NatsSessionEnds
    revocations: NatsRevocations
    tickets: NatsStreamTickets
    inbox: NatsCallbackInbox
    pending: NatsPendingRequests
    started: NatsStartedRequests
    clients: NatsClientRegistry
    streams: NatsClientStreams
    events: NatsEventFeed

    def sees_everything(self) -> bool:
        now = asyncio.get_running_loop().time()
        feeds = (self.sessions.feed, self.revocations.feed)
        return self.connection.trouble() is None and all(feed.is_current(now) for feed in feeds)


@asynccontextmanager
async def gateway(
    url: str, storage: NatsStorage | None = None, *, home: str | None = None, ping_interval: float = 0.3
) -> AsyncIterator[Gateway]:
    """Impatient: what is lost is noticed within a second."""
    storage = storage or NatsStorage()
    home = home or secrets.token_hex(5)
    clock = SystemClock()
    options = NatsOptions(
        url=url, request_timeout=1.0, ping_interval=ping_interval, ping_timeout=0.3, longest_backoff=0.3
    )
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(NatsConnection(options))
        sessions = await stack.enter_async_context(NatsSessionStore(connection, storage, clock))
        revocations = await stack.enter_async_context(NatsRevocations(connection, storage, clock))
        yield Gateway(
            home=home,
            connection=connection,
            sessions=sessions,
            revocations=revocations,
            tickets=NatsStreamTickets(connection, storage),
            session_ends=await stack.enter_async_context(NatsSessionEnds(connection, sessions, revocations)),
            inbox=await stack.enter_async_context(NatsCallbackInbox(connection, clock)),
            pending=NatsPendingRequests(connection, storage),
            started=await stack.enter_async_context(NatsStartedRequests(connection)),
            clients=NatsClientRegistry(connection, storage, home, clock),
            streams=await stack.enter_async_context(NatsClientStreams(connection, storage, home)),
            events=NatsEventFeed(connection, clock),
        )
