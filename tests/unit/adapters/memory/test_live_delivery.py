from tests.contracts.given import a_client_id, a_frame, step_of
from tests.contracts.listeners import Listener
from tests.contracts.waiting import happened

from adapters.memory.bus import MemoryBus
from adapters.memory.client_streams import MemoryClientStreams
from adapters.memory.clock import ManualClock


async def test_a_frame_can_be_lost_on_the_way_and_the_next_one_shows_it() -> None:
    bus, client_id, listener = MemoryBus(ManualClock()), a_client_id(), Listener()
    streams = MemoryClientStreams(bus)
    async with streams.attach(client_id, listener):
        bus.live.lose_next = 1
        await streams.publish(client_id, [a_frame(step="lost"), a_frame(step="seen")])
        await happened(listener.was_reached)

    [seen] = listener.frames
    assert step_of(seen) == "seen"
    assert seen.previous == seen.id.offset - 1


async def test_during_an_outage_a_gateway_reaches_only_what_it_serves_itself() -> None:
    bus, client_id, listener = MemoryBus(ManualClock()), a_client_id(), Listener()
    here, there = MemoryClientStreams(bus), MemoryClientStreams(bus)
    async with here.attach(client_id, listener):
        bus.outage()

        assert await here.is_connected(client_id)
        assert not await there.is_connected(client_id)
        await there.announce(client_id, "r-1")
        await here.announce(client_id, "r-2")
        await happened(lambda: listener.announced)

    assert listener.announced == ["r-2"]
