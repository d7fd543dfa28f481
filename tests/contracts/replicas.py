"""What the contract suites run on: two gateways over one message system, whatever plays its part."""

from dataclasses import dataclass
from typing import Protocol

from domain.clients import ClientId
from domain.events import ExecutionEvent
from domain.ports.callback_inbox import CallbackInbox
from domain.ports.client_registry import ClientRegistry
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock
from domain.ports.event_feed import EventFeed
from domain.ports.pending_requests import PendingRequests
from domain.ports.revocations import Revocations
from domain.ports.session_ends import SessionEnds
from domain.ports.session_store import SessionStore
from domain.ports.started_requests import StartedRequests
from domain.ports.stream_tickets import StreamTickets


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    sessions: SessionStore
    session_ends: SessionEnds
    revocations: Revocations
    tickets: StreamTickets
    inbox: CallbackInbox
    pending: PendingRequests
    started: StartedRequests
    clients: ClientRegistry
    streams: ClientStreams
    events: EventFeed


class Replicas(Protocol):
    """`here` and `there` share everything but their process."""

    here: Replica
    there: Replica
    clock: Clock

    async def outage(self) -> None:
        """Neither gateway reaches the message system any more."""
        ...

    async def recovery(self) -> None:
        """Back again; returns once both gateways have noticed."""
        ...

    async def trim(self, client_id: ClientId) -> None:
        """The history of this client is forgotten, its frames were the oldest."""
        ...

    async def lose_history(self) -> None:
        """The history of all clients is gone, another one begins."""
        ...

    async def happen(self, event: ExecutionEvent) -> None:
        """NoETL publishes a lifecycle event."""
        ...
