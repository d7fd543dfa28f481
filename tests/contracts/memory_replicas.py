from tests.contracts.replicas import Replica

from adapters.memory.bus import MemoryBus
from adapters.memory.callback_inbox import MemoryCallbackInbox
from adapters.memory.client_registry import MemoryClientRegistry
from adapters.memory.client_streams import MemoryClientStreams
from adapters.memory.event_feed import MemoryEventFeed
from adapters.memory.pending_requests import MemoryPendingRequests
from adapters.memory.revocations import MemoryRevocations
from adapters.memory.session_ends import MemorySessionEnds
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.started_requests import MemoryStartedRequests
from adapters.memory.stream_tickets import MemoryStreamTickets
from adapters.system.clock import SystemClock
from domain.clients import ClientId
from domain.events import ExecutionEvent
from domain.ports.clock import Clock


class MemoryReplicas:
    def __init__(self) -> None:
        self.clock: Clock = SystemClock()
        self.bus = MemoryBus(self.clock)
        self.here = _replica(self.bus)
        self.there = _replica(self.bus)

    async def outage(self) -> None:
        self.bus.outage()

    async def recovery(self) -> None:
        self.bus.recovery()

    async def trim(self, client_id: ClientId) -> None:
        self.bus.frames.trim(client_id)

    async def lose_history(self) -> None:
        self.bus.frames.lose()

    async def happen(self, event: ExecutionEvent) -> None:
        self.bus.events.put(event)


def _replica(bus: MemoryBus) -> Replica:
    return Replica(
        sessions=MemorySessionStore(bus),
        session_ends=MemorySessionEnds(bus),
        revocations=MemoryRevocations(bus),
        tickets=MemoryStreamTickets(bus),
        inbox=MemoryCallbackInbox(bus),
        pending=MemoryPendingRequests(bus),
        started=MemoryStartedRequests(bus),
        clients=MemoryClientRegistry(bus),
        streams=MemoryClientStreams(bus),
        events=MemoryEventFeed(bus),
    )
