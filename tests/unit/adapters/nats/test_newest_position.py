import asyncio

from adapters.nats.newest_position import NewestPosition
from domain.events import EventId


class Store:
    """`asked`: how often."""

    def __init__(self) -> None:
        self.epoch: str | None = "a1"
        self.last = 0
        self.asked = 0

    async def ask(self) -> EventId:
        self.asked += 1
        await asyncio.sleep(0)
        return EventId(self.epoch or "", self.last)


def positions(store: Store) -> NewestPosition:
    return NewestPosition(store.ask, lambda: store.epoch)


async def test_a_recent_position_is_asked_for_once() -> None:
    store = Store()
    newest = positions(store)
    first = await newest.recent()
    store.last = 7
    assert await newest.recent() == first == EventId("a1", 0)
    assert store.asked == 1


async def test_the_position_of_now_is_asked_for_and_recent_from_then_on() -> None:
    store = Store()
    newest = positions(store)
    await newest.recent()
    store.last = 7
    assert await newest.now() == await newest.recent() == EventId("a1", 7)
    assert store.asked == 2


async def test_who_asks_at_the_same_time_gets_the_same_answer() -> None:
    store = Store()
    newest = positions(store)
    await asyncio.gather(*(newest.now() for _ in range(10)))
    assert store.asked == 1


async def test_after_half_a_second_it_is_not_recent_any_more() -> None:
    store = Store()
    newest = positions(store)
    await newest.recent()
    store.last = 7
    await asyncio.sleep(0.6)
    assert (await newest.recent()).offset == 7


async def test_another_history_has_another_position() -> None:
    store = Store()
    newest = positions(store)
    await newest.recent()
    for epoch in (None, "b2"):
        store.epoch = epoch
        assert (await newest.recent()).epoch == (epoch or "")
