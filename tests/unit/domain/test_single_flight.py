import asyncio

import pytest

from domain.single_flight import SingleFlight


class Call:
    """Counts how often it is made, and answers when it is told to."""

    def __init__(self) -> None:
        self.made = 0
        self.cancelled = 0
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> str:
        self.made += 1
        try:
            return await asyncio.shield(self.answer)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_callers_at_the_same_time_share_one_call() -> None:
    flights, call = SingleFlight[str, str](), Call()
    callers = [asyncio.ensure_future(flights.run("token", call)) for _ in range(5)]
    await settle()

    call.answer.set_result("session")

    assert await asyncio.gather(*callers) == ["session"] * 5
    assert call.made == 1


async def test_another_key_is_another_call() -> None:
    flights, call = SingleFlight[str, str](), Call()
    call.answer.set_result("session")

    await asyncio.gather(flights.run("a", call), flights.run("b", call))

    assert call.made == 2


async def test_a_later_caller_asks_again() -> None:
    flights, call = SingleFlight[str, str](), Call()
    call.answer.set_result("session")

    await flights.run("token", call)
    await flights.run("token", call)

    assert call.made == 2


async def test_a_failure_is_shared_and_not_remembered() -> None:
    flights, call = SingleFlight[str, str](), Call()
    callers = [asyncio.ensure_future(flights.run("token", call)) for _ in range(3)]
    await settle()
    call.answer.set_exception(LookupError("down"))

    assert [type(outcome) for outcome in await asyncio.gather(*callers, return_exceptions=True)] == [LookupError] * 3

    better = Call()
    better.answer.set_result("session")
    assert await flights.run("token", better) == "session"


async def test_the_caller_that_started_the_call_may_leave() -> None:
    flights, call = SingleFlight[str, str](), Call()
    first = asyncio.ensure_future(flights.run("token", call))
    await settle()
    second = asyncio.ensure_future(flights.run("token", call))
    await settle()

    first.cancel()
    await settle()
    call.answer.set_result("session")

    assert await second == "session"
    assert first.cancelled()
    assert (call.made, call.cancelled) == (1, 0)


async def test_a_call_that_nobody_waits_for_is_cancelled_and_the_next_caller_starts_anew() -> None:
    flights, call = SingleFlight[str, str](), Call()
    callers = [asyncio.ensure_future(flights.run("token", call)) for _ in range(2)]
    await settle()

    for caller in callers:
        caller.cancel()
    await settle()
    again = Call()
    again.answer.set_result("fresh")

    assert await flights.run("token", again) == "fresh"
    assert all(caller.cancelled() for caller in callers)
    assert (call.made, call.cancelled, again.made) == (1, 1, 1)


async def test_a_caller_that_is_cancelled_does_not_disturb_the_others_failure() -> None:
    flights, call = SingleFlight[str, str](), Call()
    first = asyncio.ensure_future(flights.run("token", call))
    second = asyncio.ensure_future(flights.run("token", call))
    await settle()

    first.cancel()
    call.answer.set_exception(LookupError("down"))

    with pytest.raises(LookupError):
        await second


async def test_nothing_is_kept_of_a_call_that_is_over() -> None:
    flights, call = SingleFlight[str, str](), Call()
    call.answer.set_result("session")

    await flights.run("token", call)
    await settle()

    assert not flights._flights
