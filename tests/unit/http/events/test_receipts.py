import asyncio
from dataclasses import dataclass, field

import pytest

from adapters.memory.bus import MemoryBus
from adapters.memory.client_registry import MemoryClientRegistry
from adapters.memory.client_streams import MemoryClientStreams
from adapters.memory.pending_requests import MemoryPendingRequests
from adapters.system.clock import SystemClock
from domain.clients import Client
from domain.events import EventId, Frame, PlaybookState, StoredFrame
from domain.identity import Session, SessionToken, User
from domain.use_cases.stream_events import StreamEvents
from entrypoints.http.events.receipts import Receipts

_SESSION = Session(
    token=SessionToken("0123456789abcdef", True), user=User(user_id=7, email="a@example.com", display_name="A")
)


@dataclass
class _Writer:
    all_received: bool = True
    pending_bytes: int = 0

    def write(self, chunk: bytes) -> None: ...

    def finish(self) -> None: ...

    async def gone(self) -> None: ...


@dataclass
class _Sink:
    frames: list[StoredFrame] = field(default_factory=list)

    def write(self, frame: StoredFrame) -> None:
        self.frames.append(frame)

    def reset(self, position: EventId) -> None: ...


class _Stream:
    """One client's stream over memory, and the receipts under test."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.bus = MemoryBus(clock)
        self.clients = MemoryClientRegistry(self.bus)
        self.streams = MemoryClientStreams(self.bus)
        self.events = StreamEvents(
            clients=self.clients,
            streams=self.streams,
            pending=MemoryPendingRequests(self.bus),
            recover=None,  # type: ignore[arg-type] # nothing is pending here
            clock=clock,
        )
        self.writer, self.sink = _Writer(), _Sink()

    async def told(self, client: Client, count: int) -> None:
        before = len(self.sink.frames)
        state = PlaybookState(execution_id="1", event_type="step.exit", status="COMPLETED", at="now")
        for number in range(count):
            frame = Frame(key=f"{before}.{number}", request_id="r", body=state)
            await self.streams.publish(client.client_id, [frame])
        while len(self.sink.frames) < before + count:
            await asyncio.sleep(0.001)

    async def recorded(self, client: Client) -> EventId:
        await asyncio.sleep(0.01)
        known = await self.clients.get(client.client_id)
        assert known is not None
        return known.position


@pytest.mark.parametrize("received", [True, False])
async def test_a_position_counts_a_heartbeat_after_all_was_acknowledged(received: bool) -> None:
    stream = _Stream()
    opened = await stream.events.open(_SESSION, None, None)
    async with stream.events.serve(opened, stream.sink, lambda: None) as live:
        receipts = Receipts(opened, live, stream.writer, stream.events)
        stream.writer.all_received = received
        await stream.told(opened.client, 2)
        receipts.beat()
        assert await stream.recorded(opened.client) == opened.client.position, "not before the next heartbeat"
        receipts.beat()
        moved = await stream.recorded(opened.client)
    assert (moved != opened.client.position) is received


async def test_a_quiet_client_moves_on_with_the_history_and_is_not_reset_for_nothing() -> None:
    stream = _Stream()
    opened = await stream.events.open(_SESSION, None, None)
    other = await stream.events.open(_SESSION, None, None)
    async with stream.events.serve(opened, stream.sink, lambda: None) as live:
        receipts = Receipts(opened, live, stream.writer, stream.events)
        state = PlaybookState(execution_id="1", event_type="step.exit", status="COMPLETED", at="now")
        await stream.streams.publish(other.client.client_id, [Frame(key="x", request_id="r", body=state)])
        for _ in range(21):
            receipts.beat()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert await stream.recorded(opened.client) == await stream.streams.position()


async def test_without_the_store_a_position_is_just_not_recorded() -> None:
    stream = _Stream()
    opened = await stream.events.open(_SESSION, None, None)
    async with stream.events.serve(opened, stream.sink, lambda: None) as live:
        receipts = Receipts(opened, live, stream.writer, stream.events)
        await stream.told(opened.client, 1)
        receipts.beat()
        stream.bus.outage()
        receipts.beat()
        await asyncio.sleep(0.01)
        stream.bus.recovery()
        assert await stream.recorded(opened.client) == opened.client.position
