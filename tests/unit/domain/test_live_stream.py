import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.contracts.given import a_client_id, a_frame, step_of
from tests.unit.domain.feed_doubles import WrittenSink

from adapters.memory.bus import MemoryBus
from adapters.memory.client_streams import MemoryClientStreams
from adapters.memory.clock import ManualClock
from domain.client_feed import ClientFeed
from domain.clients import ClientId
from domain.events import EventId, Frame
from domain.live_stream import LiveStream
from domain.ports.client_streams import Replay


class OpenStream:
    """A live stream and what it has written."""

    def __init__(self, streams: MemoryClientStreams, clock: ManualClock, client_id: ClientId, after: EventId) -> None:
        self.sink = WrittenSink()
        self.replacements = 0
        self.live = LiveStream(
            client_id=client_id,
            feed=ClientFeed(after, self.sink, clock.now),
            streams=streams,
            clock=clock,
            replaced=self._replaced,
        )

    @property
    def steps(self) -> list[object]:
        return [step_of(frame) for frame in self.sink.written]

    def _replaced(self) -> None:
        self.replacements += 1


@asynccontextmanager
async def opened(
    streams: MemoryClientStreams, clock: ManualClock, client_id: ClientId, after: EventId | None = None
) -> AsyncIterator[OpenStream]:
    stream = OpenStream(streams, clock, client_id, after or await streams.position())
    async with streams.attach(client_id, stream.live):
        stream.live.start()
        try:
            yield stream
        finally:
            await stream.live.close()


@pytest.fixture
def streams(bus: MemoryBus) -> MemoryClientStreams:
    return MemoryClientStreams(bus)


def frames(*steps: str, hold_until: float = 0.0) -> list[Frame]:
    return [a_frame(step=step, hold_until=hold_until) for step in steps]


async def test_a_stream_writes_what_it_missed_and_then_what_comes(
    streams: MemoryClientStreams, clock: ManualClock
) -> None:
    client_id, start = a_client_id(), await streams.position()
    await streams.publish(client_id, frames("missed"))
    async with opened(streams, clock, client_id, start) as stream:
        await streams.publish(client_id, frames("at once"))
        await clock.advance(0)
        await streams.publish(client_id, frames("later"))
        await clock.advance(0)

        assert stream.steps == ["missed", "at once", "later"]


async def test_a_frame_that_got_lost_on_the_way_is_fetched_when_the_next_one_shows_the_hole(
    streams: MemoryClientStreams, bus: MemoryBus, clock: ManualClock
) -> None:
    client_id = a_client_id()
    async with opened(streams, clock, client_id) as stream:
        await clock.advance(0)
        bus.live.lose_next = 2
        await streams.publish(client_id, frames("lost 1", "lost 2", "seen"))
        await clock.advance(0)

        assert stream.steps == ["lost 1", "lost 2", "seen"]


async def test_a_gap_is_filled(streams: MemoryClientStreams, bus: MemoryBus, clock: ManualClock) -> None:
    client_id = a_client_id()
    async with opened(streams, clock, client_id) as stream:
        await clock.advance(0)
        bus.live.lose_next = 1
        await streams.publish(client_id, frames("lost"))
        bus.outage()
        bus.recovery()
        await clock.advance(0)

        assert stream.steps == ["lost"]


async def test_history_is_asked_again_until_the_store_is_back(
    streams: MemoryClientStreams, bus: MemoryBus, clock: ManualClock
) -> None:
    client_id, start = a_client_id(), await streams.position()
    await streams.publish(client_id, frames("missed"))
    bus.outage()
    async with opened(streams, clock, client_id, start) as stream:
        await clock.advance(3)
        assert stream.steps == []

        bus.recovery()
        await clock.advance(1)
        assert stream.steps == ["missed"]


async def test_trimmed_history_is_told_by_one_reset(
    streams: MemoryClientStreams, bus: MemoryBus, clock: ManualClock
) -> None:
    client_id, start = a_client_id(), await streams.position()
    await streams.publish(client_id, frames("forgotten"))
    bus.frames.trim(client_id)
    async with opened(streams, clock, client_id, start) as stream:
        await clock.advance(0)
        await streams.publish(client_id, frames("live"))
        await clock.advance(0)

        assert len(stream.sink.resets) == 1
        assert stream.steps == ["live"]


async def test_a_held_frame_goes_at_its_time(streams: MemoryClientStreams, clock: ManualClock) -> None:
    client_id = a_client_id()
    async with opened(streams, clock, client_id) as stream:
        await streams.publish(client_id, frames("held", hold_until=clock.now() + 10))
        await clock.advance(9.9)
        assert stream.steps == []

        await clock.advance(0.1)
        assert stream.steps == ["held"]


async def test_a_held_frame_goes_when_its_request_is_announced(
    streams: MemoryClientStreams, clock: ManualClock
) -> None:
    client_id = a_client_id()
    async with opened(streams, clock, client_id) as stream:
        await streams.publish(client_id, frames("held", hold_until=clock.now() + 10))
        await streams.announce(client_id, "r-1")
        await clock.advance(0)

        assert stream.steps == ["held"]


async def test_a_frame_behind_a_held_one_goes_at_its_own_time_once_it_is_first(
    streams: MemoryClientStreams, clock: ManualClock
) -> None:
    client_id = a_client_id()
    async with opened(streams, clock, client_id) as stream:
        await streams.publish(client_id, [a_frame(request_id="r-1", step="first", hold_until=clock.now() + 10)])
        await streams.publish(client_id, [a_frame(request_id="r-2", step="second", hold_until=clock.now() + 2)])
        await clock.advance(0)
        await streams.announce(client_id, "r-1")
        await clock.advance(0)
        assert stream.steps == ["first"]

        await clock.advance(2)
        assert stream.steps == ["first", "second"]


async def test_more_frames_than_can_be_held_come_as_soon_as_they_may(
    streams: MemoryClientStreams, clock: ManualClock
) -> None:
    client_id = a_client_id()
    async with opened(streams, clock, client_id) as stream:
        names = [f"{n}" for n in range(400)]
        await streams.publish(client_id, frames(*names, hold_until=clock.now() + 10))
        await clock.advance(1)
        assert stream.steps == []

        await streams.announce(client_id, "r-1")
        await clock.advance(0)
        assert stream.steps == names


async def test_an_idle_stream_costs_no_task(streams: MemoryClientStreams, clock: ManualClock) -> None:
    client_id = a_client_id()
    async with opened(streams, clock, client_id) as stream:
        await clock.advance(0)

        assert not stream.live._tasks


async def test_a_closed_stream_does_nothing_any_more(streams: MemoryClientStreams, clock: ManualClock) -> None:
    client_id = a_client_id()
    async with opened(streams, clock, client_id) as stream:
        await streams.publish(client_id, frames("held", hold_until=clock.now() + 10))
        await clock.advance(0)
        await stream.live.close()

        await streams.publish(client_id, frames("late"))
        stream.live.on_gap()
        stream.live.on_announced("r-1")
        await clock.advance(20)

        assert stream.steps == []
        assert not stream.live._tasks


class LaggingStreams(MemoryClientStreams):
    """Its first reads do not know yet what live delivery has shown, as those of a replica that is behind."""

    def __init__(self, bus: MemoryBus) -> None:
        super().__init__(bus)
        self.reads: list[EventId] = []
        self.behind = 0
        self.broken = False

    async def replay(self, client_id: ClientId, after: EventId) -> Replay:
        self.reads.append(after)
        if self.broken:
            raise RuntimeError("a defect")
        if self.behind:
            self.behind -= 1
            return Replay(frames=(), reached=after)
        return await super().replay(client_id, after)


async def test_a_history_that_lags_behind_is_not_asked_without_a_pause(bus: MemoryBus, clock: ManualClock) -> None:
    streams, client_id = LaggingStreams(bus), a_client_id()
    async with opened(streams, clock, client_id) as stream:
        await clock.advance(0)
        bus.live.lose_next = 1
        streams.behind, streams.reads[:] = 3, []
        await streams.publish(client_id, frames("lost", "seen"))
        await clock.advance(0)
        assert len(streams.reads) == 1

        await clock.advance(1)
        assert stream.steps == ["lost", "seen"]
        assert len(streams.reads) == 4


async def test_a_stream_with_a_defect_is_given_up_so_that_its_client_reconnects(
    bus: MemoryBus, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    streams = LaggingStreams(bus)
    streams.broken = True
    async with opened(streams, clock, a_client_id()) as stream:
        with caplog.at_level(logging.ERROR):
            await clock.advance(0)

        assert stream.replacements == 1
        assert "a stream failed" in caplog.text


async def test_a_replaced_stream_is_told(streams: MemoryClientStreams, clock: ManualClock) -> None:
    client_id = a_client_id()
    async with opened(streams, clock, client_id) as old, opened(streams, clock, client_id) as new:
        await clock.advance(0)

        assert (old.replacements, new.replacements) == (1, 0)
