"""What gateways in one process share, as real ones share the message system."""

import asyncio
from dataclasses import dataclass

from adapters.memory.event_queue import EventQueue
from adapters.memory.frame_history import FrameHistory
from adapters.memory.live_delivery import LiveDelivery
from adapters.memory.request_index import RequestIndex
from adapters.memory.session_listeners import SessionListeners
from adapters.memory.waiting import Waiting
from domain.callbacks import PendingRequest
from domain.clients import Client, ClientId
from domain.errors import StoreUnavailable
from domain.expiring_memory import ExpiringMemory
from domain.identity import Session, SessionToken
from domain.ports.clock import Clock

_CAPACITY = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """Seconds after which an entry is forgotten."""

    sessions: float = 300.0
    requests: float = 1800.0
    clients: float = 86_400.0
    duplicates: float = 120.0
    tickets: float = 60.0


_DEFAULT_AGES = Ages()


class MemoryBus:
    """Build the adapters of several gateways over one of these, and they are replicas of each other.

    `outage()` and `recovery()` are those of the message system: in between, whatever needs it fails.
    """

    def __init__(self, clock: Clock, *, ages: Ages = _DEFAULT_AGES, frames_per_client: int = 1000) -> None:
        self.clock = clock
        self.sessions = ExpiringMemory[SessionToken, Session](clock, seconds=ages.sessions, capacity=_CAPACITY)
        self.session_listeners = SessionListeners()
        self.revoked: set[SessionToken] = set()
        self.tickets = ExpiringMemory[str, SessionToken](clock, seconds=ages.tickets, capacity=_CAPACITY)
        self.waiting: dict[str, Waiting] = {}
        self.requests = RequestIndex(clock, seconds=ages.requests, capacity=_CAPACITY)
        self.started: set[asyncio.Queue[PendingRequest]] = set()
        self.clients = ExpiringMemory[ClientId, Client](clock, seconds=ages.clients, capacity=_CAPACITY)
        self.frames = FrameHistory(clock, per_client=frames_per_client, duplicate_window=ages.duplicates)
        self.live = LiveDelivery()
        self.events = EventQueue()
        self.is_away = False

    def outage(self) -> None:
        self.is_away = True

    def recovery(self) -> None:
        self.is_away = False
        self.live.gap()

    def require(self) -> None:
        """Raises StoreUnavailable during an outage."""
        if self.is_away:
            raise StoreUnavailable
