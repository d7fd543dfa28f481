import asyncio
import logging

import pytest

from entrypoints.http.server.drain import Drain, DrainTiming

AT_ONCE = DrainTiming(total=1, grace=0, window=0)


async def test_everybody_who_wanted_to_know_is_called_once() -> None:
    drain, called = Drain(AT_ONCE), []
    for name in "abc":
        drain.on_begin(lambda name=name: called.append(name))  # type: ignore[misc]
    drain.begin()
    drain.begin()
    await asyncio.sleep(0.01)
    assert called == ["a", "b", "c"]


async def test_nobody_is_called_who_has_taken_it_back() -> None:
    drain, called = Drain(AT_ONCE), []
    take_back = drain.on_begin(lambda: called.append("a"))
    take_back()
    take_back()
    drain.begin()
    await asyncio.sleep(0.01)
    assert called == []


async def test_one_may_take_it_back_between_the_begin_and_its_turn() -> None:
    drain, called = Drain(DrainTiming(total=1, grace=0, window=0.1)), []
    drain.on_begin(lambda: called.append("first"))
    take_back = drain.on_begin(lambda: called.append("second"))
    drain.begin()
    take_back()
    await asyncio.sleep(0.15)
    assert called == ["first"]


async def test_one_that_fails_does_not_keep_the_others(caplog: pytest.LogCaptureFixture) -> None:
    drain, called = Drain(AT_ONCE), []

    def fail() -> None:
        raise RuntimeError("broken")

    drain.on_begin(fail)
    drain.on_begin(lambda: called.append("other"))
    drain.begin()
    await asyncio.sleep(0.01)
    assert called == ["other"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_the_calls_are_spread_evenly_over_the_window_after_the_grace() -> None:
    drain = Drain(DrainTiming(total=1, grace=0.1, window=0.2))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    times: list[float] = []
    for _ in range(20):
        drain.on_begin(lambda: times.append(loop.time() - begun))
    drain.begin()
    await asyncio.sleep(0.4)
    assert len(times) == 20
    assert min(times) >= 0.09
    assert len({round(time, 2) for time in times}) > 5


async def test_who_comes_after_the_begin_is_called_too() -> None:
    drain, called = Drain(AT_ONCE), asyncio.Event()
    drain.begin()
    drain.on_begin(called.set)
    await asyncio.wait_for(called.wait(), 1)


async def test_the_begin_can_be_waited_for() -> None:
    drain = Drain(AT_ONCE)
    waiting = asyncio.create_task(drain.wait())
    await asyncio.sleep(0)
    before = drain.is_draining, waiting.done()
    drain.begin()
    assert (before, drain.is_draining) == ((False, False), True)
    await waiting


def test_the_parts_of_a_drain_fit_into_the_whole() -> None:
    for total in (0, 0.5, 5, 25, 3600):
        timing = DrainTiming.within(total)
        assert timing.grace + timing.window <= total
        assert timing.grace <= 1
