import asyncio
import time

from adapters.memory.clock import ManualClock
from adapters.system.clock import SystemClock
from domain.ports.clock import Clock


async def test_time_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(now=1000.0)

    await clock.sleep(0)
    assert (clock.now(), clock.monotonic()) == (1000.0, 0.0)

    await clock.advance(2.5)
    assert (clock.now(), clock.monotonic()) == (1002.5, 2.5)


async def test_sleepers_wake_in_turn_each_at_its_time() -> None:
    clock = ManualClock()
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, clock.monotonic()))

    tasks = [asyncio.ensure_future(sleeper("a", 3)), asyncio.ensure_future(sleeper("b", 1, 1, 5))]
    await clock.advance(3)

    assert woken == [("b", 1), ("b", 2), ("a", 3)]
    await clock.advance(4)
    assert woken[-1] == ("b", 7.0)
    await asyncio.gather(*tasks)


async def test_a_sleeper_may_be_cancelled() -> None:
    clock = ManualClock()
    sleeping = asyncio.ensure_future(clock.sleep(1))
    await clock.advance(0)

    sleeping.cancel()
    await clock.advance(2)

    assert sleeping.cancelled()


async def test_the_clock_of_the_system_is_the_loops_where_there_is_one() -> None:
    clock: Clock = SystemClock()

    before = asyncio.get_running_loop().time()
    await clock.sleep(0)

    assert before <= clock.monotonic() <= asyncio.get_running_loop().time()
    assert abs(clock.now() - time.time()) < 60


def test_the_clock_of_the_system_works_without_a_loop() -> None:
    before = time.monotonic()

    assert before <= SystemClock().monotonic() <= time.monotonic()
