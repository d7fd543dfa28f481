"""One timer for all streams."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from tests.unit.http.events.streams import Time

from entrypoints.http.events.wheel import TimerWheel


class Noted:
    """Notes when it was called; `again` tells when next."""

    def __init__(self, again: Callable[[float], float | None] = lambda now: None) -> None:
        self.called: list[float] = []
        self.again = again

    def on_time(self, now: float) -> float | None:
        self.called.append(now)
        return self.again(now)


def turned(wheel: TimerWheel, time: Time, until: float) -> None:
    """Second by second, as `run` does."""
    while time.now < until:
        time.now += 1
        wheel.turn()


@pytest.fixture
def time() -> Time:
    return Time(1000.0)


@pytest.fixture
def wheel(time: Time) -> TimerWheel:
    return TimerWheel(time)


@pytest.mark.parametrize(("when", "called"), [(1005.0, 1006), (1005.01, 1006), (1005.99, 1006), (1000.0, 1001)])
def test_whoever_is_due_is_called_once_within_a_second(
    wheel: TimerWheel, time: Time, when: float, called: float
) -> None:
    timed = Noted()
    wheel.put(timed, when)
    turned(wheel, time, 1020)
    assert timed.called == [called]


def test_whoever_asks_for_another_time_is_called_again(wheel: TimerWheel, time: Time) -> None:
    timed = Noted(lambda now: now + 4.5)
    wheel.put(timed, 1002)
    turned(wheel, time, 1015)
    assert timed.called == [1003, 1008, 1013]


@pytest.mark.parametrize("back", [0.0, 0.05, 0.9, 3.0, 500.0])
def test_a_time_that_is_past_is_never_lost(wheel: TimerWheel, time: Time, back: float) -> None:
    timed = Noted(lambda now: now - back)
    wheel.put(timed, 1000 - back)
    turned(wheel, time, 1005)
    assert timed.called == [1001, 1002, 1003, 1004, 1005]


def test_after_a_stall_everybody_who_is_due_is_called_once(wheel: TimerWheel, time: Time) -> None:
    many = [Noted() for _ in range(5)]
    for number, timed in enumerate(many):
        wheel.put(timed, 1000 + number)
    time.now = 1500.0
    wheel.turn()
    assert [timed.called for timed in many] == [[1500.0]] * 5


def test_nobody_is_called_before_the_time(wheel: TimerWheel, time: Time) -> None:
    timed = Noted()
    wheel.put(timed, 1002)
    time.now = 1002.9
    wheel.turn()
    assert timed.called == []


def test_putting_again_moves(wheel: TimerWheel, time: Time) -> None:
    timed = Noted()
    wheel.put(timed, 1002)
    wheel.put(timed, 1005)
    turned(wheel, time, 1010)
    assert timed.called == [1006]


def test_whoever_was_removed_is_not_called(wheel: TimerWheel, time: Time) -> None:
    timed = Noted()
    wheel.put(timed, 1002)
    wheel.remove(timed)
    wheel.remove(timed)
    turned(wheel, time, 1010)
    assert timed.called == []


def test_one_that_is_called_may_remove_another_that_is_due(wheel: TimerWheel, time: Time) -> None:
    pair = [Noted(), Noted()]

    def remove_both(now: float) -> float | None:
        for timed in pair:
            wheel.remove(timed)
        return None

    for timed in pair:
        timed.again = remove_both
        wheel.put(timed, 1002)
    turned(wheel, time, 1010)
    assert [len(timed.called) for timed in pair] in ([1, 0], [0, 1])


def test_the_trouble_of_one_is_not_the_trouble_of_all(
    wheel: TimerWheel, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(now: float) -> float | None:
        raise RuntimeError

    broken, fine = Noted(fail), Noted(lambda now: now + 1)
    wheel.put(broken, 1002)
    wheel.put(fine, 1002)
    turned(wheel, time, 1007)
    assert (broken.called, fine.called) == ([1003], [1003, 1005, 1007])
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_it_turns_until_cancelled(wheel: TimerWheel, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.now += seconds + 0.25  # a busy loop wakes up late
        if len(slept) == 4:
            raise asyncio.CancelledError

    monkeypatch.setattr("entrypoints.http.events.wheel.asyncio.sleep", sleep)
    timed = Noted()
    wheel.put(timed, 1001.5)
    with pytest.raises(asyncio.CancelledError):
        await wheel.run()
    assert slept == [1.0, 0.75, 0.75, 0.75]
    assert timed.called == [1002.25]
