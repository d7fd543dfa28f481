import asyncio
from collections.abc import Mapping

import pytest
from jwt import PyJWK
from tests.unit.adapters.auth0.forge import key_set, signing_key
from tests.unit.adapters.auth0.stand_ins import FakeClock

from adapters.auth0.json_web_keys import KeySet, parse_key_set
from adapters.auth0.key_cache import CachedKeys, KeysUnreachable, KeyTiming
from domain.errors import IdentityKeysUnavailable

FIRST, SECOND = signing_key("first"), signing_key("second")


class Publisher:
    """Fetches count; `answer` is what the next one brings."""

    def __init__(self) -> None:
        self.fetches = 0
        self.answer: KeySet | Exception = parse_key_set(key_set(FIRST.jwk()))
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def publish(self, *keys: Mapping[str, object]) -> None:
        self.answer = parse_key_set(key_set(*map(dict, keys)))

    async def fetch(self) -> KeySet:
        self.fetches += 1
        await self.may_answer.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def keys(publisher: Publisher, clock: FakeClock) -> CachedKeys:
    timing = KeyTiming(ttl=600, cool_down=30, pause=10)
    return CachedKeys("https://tenant.auth0.com/", publisher.fetch, clock=clock, timing=timing)


async def others_run() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_many_callers_share_one_flight(keys: CachedKeys, publisher: Publisher) -> None:
    publisher.may_answer.clear()
    callers = [asyncio.create_task(keys.find("first")) for _ in range(50)]
    await others_run()
    publisher.may_answer.set()
    assert all(await asyncio.gather(*callers))
    assert publisher.fetches == 1


async def test_a_caller_that_gives_up_does_not_end_the_flight_of_the_others(
    keys: CachedKeys, publisher: Publisher
) -> None:
    publisher.may_answer.clear()
    impatient, patient = (asyncio.create_task(keys.find("first")) for _ in range(2))
    await others_run()
    impatient.cancel()
    await others_run()
    publisher.may_answer.set()
    assert await patient is not None
    assert impatient.cancelled()
    assert publisher.fetches == 1


async def test_a_known_key_costs_no_further_fetch(keys: CachedKeys, publisher: Publisher, clock: FakeClock) -> None:
    for _ in range(20):
        assert await keys.find("first")
        clock.time += 29
    assert publisher.fetches == 1


async def test_an_old_set_serves_while_it_is_refreshed(
    keys: CachedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    old = await keys.find("first")
    publisher.publish(FIRST.jwk(), SECOND.jwk())
    publisher.may_answer.clear()
    clock.time += 600
    assert await keys.find("first") is old
    assert await keys.find("first") is old
    await others_run()
    assert publisher.fetches == 2
    publisher.may_answer.set()
    await others_run()
    assert await keys.find("second")
    assert publisher.fetches == 2


async def test_a_withdrawn_key_is_gone_after_the_refresh(
    keys: CachedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    await keys.find("first")
    publisher.publish(SECOND.jwk())
    clock.time += 600
    await keys.find("first")
    await others_run()
    assert await keys.find("first") is None
    assert await keys.find("second")


async def test_a_rotated_key_is_found_at_once(keys: CachedKeys, publisher: Publisher) -> None:
    await keys.find("first")
    publisher.publish(FIRST.jwk(), SECOND.jwk())
    assert await keys.find("second")
    assert publisher.fetches == 2


async def test_a_storm_of_unknown_keys_costs_one_fetch_per_cool_down(
    keys: CachedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    await keys.find("first")
    assert not any(await asyncio.gather(*(keys.find(f"bogus-{number}") for number in range(100))))
    assert publisher.fetches == 2
    for number in range(299):  # a tenth of a second apart
        clock.time += 0.1
        assert await keys.find(f"again-{number}") is None
    assert publisher.fetches == 2
    clock.time += 0.2
    assert await keys.find("bogus") is None
    assert await keys.find("bogus") is None
    assert publisher.fetches == 3


async def test_the_first_token_with_an_unknown_key_costs_one_fetch(keys: CachedKeys, publisher: Publisher) -> None:
    assert await keys.find("bogus") is None
    assert publisher.fetches == 1


async def test_everybody_with_a_rotated_key_waits_for_the_one_refetch(keys: CachedKeys, publisher: Publisher) -> None:
    await keys.find("first")
    publisher.publish(SECOND.jwk())
    publisher.may_answer.clear()
    callers = [asyncio.create_task(keys.find("second")) for _ in range(20)]
    await others_run()
    publisher.may_answer.set()
    assert all(await asyncio.gather(*callers))
    assert publisher.fetches == 2


@pytest.mark.parametrize("failure", [KeysUnreachable("status 500"), RuntimeError("a mistake of ours")])
async def test_without_any_keys_nothing_can_be_said_and_failures_are_remembered(
    keys: CachedKeys, publisher: Publisher, clock: FakeClock, failure: Exception
) -> None:
    good, publisher.answer = publisher.answer, failure
    for _ in range(5):
        with pytest.raises(IdentityKeysUnavailable):
            await keys.find("first")
    assert publisher.fetches == 1
    publisher.answer = good
    clock.time += 9.9
    with pytest.raises(IdentityKeysUnavailable):
        await keys.find("first")
    clock.time += 0.1
    assert await keys.find("first")
    assert publisher.fetches == 2


async def test_a_failure_evicts_nothing_however_long_it_lasts(
    keys: CachedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    await keys.find("first")
    publisher.answer = KeysUnreachable("ConnectError")
    for _ in range(100):
        clock.time += 700
        assert await keys.find("first")
        await others_run()
    assert publisher.fetches == 101


async def test_refreshes_pause_after_a_failure(keys: CachedKeys, publisher: Publisher, clock: FakeClock) -> None:
    await keys.find("first")
    publisher.answer = KeysUnreachable("ConnectError")
    clock.time += 600
    for _ in range(10):
        assert await keys.find("first")
        await others_run()
    assert publisher.fetches == 2
    clock.time += 10
    await keys.find("first")
    await others_run()
    assert publisher.fetches == 3


async def test_an_unknown_key_is_not_called_wrong_while_the_issuer_cannot_be_asked(
    keys: CachedKeys, publisher: Publisher, clock: FakeClock
) -> None:
    await keys.find("first")
    publisher.answer = KeysUnreachable("ConnectError")
    for _ in range(3):
        with pytest.raises(IdentityKeysUnavailable):
            await keys.find("second")
    assert publisher.fetches == 2
    publisher.publish(SECOND.jwk())
    clock.time += 30
    assert await keys.find("second")
    assert await keys.find("first") is None


async def test_closing_ends_the_flight_and_its_callers(keys: CachedKeys, publisher: Publisher) -> None:
    publisher.may_answer.clear()
    caller = asyncio.create_task(keys.find("first"))
    await others_run()
    await keys.aclose()
    with pytest.raises(IdentityKeysUnavailable):
        await caller
    assert {task.get_name() for task in asyncio.all_tasks()}.isdisjoint({"keys of https://tenant.auth0.com/"})


async def test_a_failure_is_reported_with_its_cause(
    keys: CachedKeys, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.answer = KeysUnreachable("status 503")
    with pytest.raises(IdentityKeysUnavailable):
        await keys.find("first")
    assert "The keys of https://tenant.auth0.com/ cannot be fetched: status 503" in caplog.text


def test_a_key_is_bound_to_its_algorithm() -> None:
    (key,) = parse_key_set(key_set(FIRST.jwk(alg=None))).values()
    assert isinstance(key, PyJWK)
    assert key.algorithm_name == "RS256"
