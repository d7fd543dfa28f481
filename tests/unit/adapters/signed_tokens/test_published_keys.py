import asyncio

import pytest
from jwt import PyJWK
from tests.unit.adapters.auth0.forge import Key, signing_key
from tests.unit.adapters.auth0.stand_ins import FakeClock

from adapters.signed_tokens import json_web_keys
from adapters.signed_tokens.json_web_keys import KeySet
from adapters.signed_tokens.key_download import KeysUnreachable
from adapters.signed_tokens.published_keys import KeyTiming, PublishedKeys
from domain.errors import IdentityKeysUnavailable

FIRST, SECOND = signing_key("first"), signing_key("second")


class Publisher:
    """Fetches count; `answer` is what the next one brings."""

    def __init__(self) -> None:
        self.fetches = 0
        self.answer: KeySet | Exception = {}
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.publish(FIRST)

    def publish(self, *keys: Key) -> None:
        self.answer = {key.kid: json_web_keys.signing_key(key.jwk()) for key in keys}

    async def fetch(self) -> KeySet:
        self.fetches += 1
        await self.may_answer.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def keys(publisher: Publisher, clock: FakeClock) -> PublishedKeys:
    timing = KeyTiming(age=600, cool_down=30, pause=10)
    return PublishedKeys("https://tenant.auth0.com/", publisher.fetch, clock=clock, timing=timing)


async def find(keys: PublishedKeys, key_id: str) -> PyJWK | None:
    return (await keys.for_token_of(key_id)).get(key_id)


async def others_run() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_many_callers_share_one_flight(keys: PublishedKeys, publisher: Publisher) -> None:
    publisher.may_answer.clear()
    callers = [asyncio.create_task(find(keys, "first")) for _ in range(50)]
    await others_run()
    publisher.may_answer.set()
    assert all(await asyncio.gather(*callers))
    assert publisher.fetches == 1


async def test_a_caller_that_gives_up_does_not_end_the_flight_of_the_others(
    keys: PublishedKeys, publisher: Publisher
) -> None:
    publisher.may_answer.clear()
    impatient, patient = (asyncio.create_task(find(keys, "first")) for _ in range(2))
    await others_run()
    impatient.cancel()
    await others_run()
    publisher.may_answer.set()
    assert await patient is not None
    assert impatient.cancelled()
    assert publisher.fetches == 1


async def test_a_known_key_costs_no_further_fetch(
    keys: PublishedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    for _ in range(20):
        assert await find(keys, "first")
        clock.time += 29
    assert publisher.fetches == 1


async def test_an_old_set_serves_while_it_is_refreshed(
    keys: PublishedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    old = await find(keys, "first")
    publisher.publish(FIRST, SECOND)
    publisher.may_answer.clear()
    clock.time += 600
    assert await find(keys, "first") is old
    assert await find(keys, "first") is old
    await others_run()
    assert publisher.fetches == 2
    publisher.may_answer.set()
    await others_run()
    assert await find(keys, "second")
    assert publisher.fetches == 2


async def test_a_withdrawn_key_is_gone_after_the_refresh(
    keys: PublishedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    await find(keys, "first")
    publisher.publish(SECOND)
    clock.time += 600
    await find(keys, "first")
    await others_run()
    assert await find(keys, "first") is None
    assert await find(keys, "second")


async def test_a_rotated_key_is_found_at_once(keys: PublishedKeys, publisher: Publisher) -> None:
    await find(keys, "first")
    publisher.publish(FIRST, SECOND)
    assert await find(keys, "second")
    assert publisher.fetches == 2


async def test_a_storm_of_unknown_keys_costs_one_fetch_per_cool_down(
    keys: PublishedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    await find(keys, "first")
    assert not any(await asyncio.gather(*(find(keys, f"bogus-{number}") for number in range(100))))
    assert publisher.fetches == 2
    for number in range(299):  # a tenth of a second apart
        clock.time += 0.1
        assert await find(keys, f"again-{number}") is None
    assert publisher.fetches == 2
    clock.time += 0.2
    assert await find(keys, "bogus") is None
    assert await find(keys, "bogus") is None
    assert publisher.fetches == 3


async def test_the_first_token_with_an_unknown_key_costs_one_fetch(keys: PublishedKeys, publisher: Publisher) -> None:
    assert await find(keys, "bogus") is None
    assert publisher.fetches == 1


async def test_everybody_with_a_rotated_key_waits_for_the_one_refetch(
    keys: PublishedKeys, publisher: Publisher
) -> None:
    await find(keys, "first")
    publisher.publish(SECOND)
    publisher.may_answer.clear()
    callers = [asyncio.create_task(find(keys, "second")) for _ in range(20)]
    await others_run()
    publisher.may_answer.set()
    assert all(await asyncio.gather(*callers))
    assert publisher.fetches == 2


@pytest.mark.parametrize("failure", [KeysUnreachable("status 500"), RuntimeError("a mistake of ours")])
async def test_without_any_keys_nothing_can_be_said_and_failures_are_remembered(
    keys: PublishedKeys, publisher: Publisher, clock: FakeClock, failure: Exception
) -> None:
    good, publisher.answer = publisher.answer, failure
    for _ in range(5):
        with pytest.raises(IdentityKeysUnavailable):
            await find(keys, "first")
    assert publisher.fetches == 1
    publisher.answer = good
    clock.time += 9.9
    with pytest.raises(IdentityKeysUnavailable):
        await find(keys, "first")
    clock.time += 0.1
    assert await find(keys, "first")
    assert publisher.fetches == 2


async def test_a_failure_evicts_nothing_however_long_it_lasts(
    keys: PublishedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    await find(keys, "first")
    publisher.answer = KeysUnreachable("ConnectError")
    for _ in range(100):
        clock.time += 700
        assert await find(keys, "first")
        await others_run()
    assert publisher.fetches == 101


async def test_refreshes_pause_after_a_failure(keys: PublishedKeys, publisher: Publisher, clock: FakeClock) -> None:
    await find(keys, "first")
    publisher.answer = KeysUnreachable("ConnectError")
    clock.time += 600
    for _ in range(10):
        assert await find(keys, "first")
        await others_run()
    assert publisher.fetches == 2
    clock.time += 10
    await find(keys, "first")
    await others_run()
    assert publisher.fetches == 3


async def test_an_unknown_key_is_not_called_wrong_while_the_issuer_cannot_be_asked(
    keys: PublishedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    await find(keys, "first")
    publisher.answer = KeysUnreachable("ConnectError")
    for _ in range(3):
        with pytest.raises(IdentityKeysUnavailable):
            await find(keys, "second")
    assert publisher.fetches == 2
    publisher.publish(SECOND)
    clock.time += 30
    assert await find(keys, "second")
    assert await find(keys, "first") is None


async def test_a_key_that_is_published_unusable_is_not_looked_for_again(
    keys: PublishedKeys, publisher: Publisher
) -> None:
    publisher.answer = {"first": None}
    for _ in range(3):
        assert await keys.for_token_of("first") == {"first": None}
    assert publisher.fetches == 1


async def test_closing_ends_the_flight_and_its_callers(keys: PublishedKeys, publisher: Publisher) -> None:
    publisher.may_answer.clear()
    caller = asyncio.create_task(find(keys, "first"))
    await others_run()
    await keys.aclose()
    with pytest.raises(IdentityKeysUnavailable):
        await caller
    assert {task.get_name() for task in asyncio.all_tasks()}.isdisjoint({"keys of https://tenant.auth0.com/"})


async def test_a_failure_is_reported_with_its_cause(
    keys: PublishedKeys, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.answer = KeysUnreachable("status 503")
    with pytest.raises(IdentityKeysUnavailable):
        await find(keys, "first")
    assert "The keys of https://tenant.auth0.com/ cannot be fetched: status 503" in caplog.text
