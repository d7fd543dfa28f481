"""How often Google's keys are downloaded (D34)."""

import asyncio

import pytest
from tests.unit.adapters.auth0.forge import Json, key_set, signing_key

from adapters.google.key_download import KeysUnreachable
from adapters.google.key_set import KeySet, parse_key_set
from adapters.google.published_keys import KeyTiming, PublishedKeys
from adapters.memory.clock import ManualClock
from domain.errors import IdentityKeysUnavailable

FIRST, SECOND = signing_key("first"), signing_key("second")


class Publisher:
    def __init__(self) -> None:
        self.downloads = 0
        self.answer: KeySet | Exception = {}
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.publish(FIRST.jwk())

    def publish(self, *jwks: Json) -> None:
        self.answer = parse_key_set(key_set(*jwks))

    async def download(self) -> KeySet:
        self.downloads += 1
        await self.may_answer.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def keys(publisher: Publisher, clock: ManualClock) -> PublishedKeys:
    return PublishedKeys(publisher.download, clock=clock, timing=KeyTiming())


async def test_many_callers_share_one_download(keys: PublishedKeys, publisher: Publisher, clock: ManualClock) -> None:
    publisher.may_answer.clear()
    callers = [asyncio.create_task(keys.for_token_of("first")) for _ in range(20)]
    await clock.advance(0)
    callers[0].cancel()
    await clock.advance(0)
    publisher.may_answer.set()
    assert all("first" in found for found in await asyncio.gather(*callers[1:]))
    assert publisher.downloads == 1


async def test_keys_are_kept_for_an_hour(keys: PublishedKeys, publisher: Publisher, clock: ManualClock) -> None:
    for _ in range(10):
        await keys.for_token_of("first")
        await clock.advance(359.9)
    assert publisher.downloads == 1


async def test_old_keys_serve_while_new_ones_are_fetched(
    keys: PublishedKeys, publisher: Publisher, clock: ManualClock
) -> None:
    await keys.for_token_of("first")
    publisher.publish(SECOND.jwk())
    publisher.may_answer.clear()
    await clock.advance(3600)
    assert "first" in await keys.for_token_of("first")
    publisher.may_answer.set()
    await clock.advance(0)
    assert "second" in await keys.for_token_of("second")
    assert publisher.downloads == 2


async def test_unknown_keys_cost_one_download_a_minute(
    keys: PublishedKeys, publisher: Publisher, clock: ManualClock
) -> None:
    await keys.for_token_of("first")
    for number in range(50):
        assert f"unknown-{number}" not in await keys.for_token_of(f"unknown-{number}")
    assert publisher.downloads == 2
    await clock.advance(59)
    await keys.for_token_of("unknown")
    assert publisher.downloads == 2
    await clock.advance(1)
    await keys.for_token_of("unknown")
    assert publisher.downloads == 3


async def test_the_first_download_is_not_repeated_for_an_unknown_key(
    keys: PublishedKeys, publisher: Publisher
) -> None:
    assert "unknown" not in await keys.for_token_of("unknown")
    assert publisher.downloads == 1


@pytest.mark.parametrize("failure", [KeysUnreachable("status 500"), RuntimeError("a bug")])
async def test_after_a_failure_there_is_a_pause(
    keys: PublishedKeys, publisher: Publisher, clock: ManualClock, failure: Exception
) -> None:
    publisher.answer = failure
    for _ in range(5):
        with pytest.raises(IdentityKeysUnavailable):
            await keys.for_token_of("first")
    assert publisher.downloads == 1
    publisher.publish(FIRST.jwk())
    await clock.advance(10)
    assert "first" in await keys.for_token_of("first")


async def test_a_key_that_may_be_new_is_not_called_unknown_during_an_outage(
    keys: PublishedKeys, publisher: Publisher
) -> None:
    await keys.for_token_of("first")
    publisher.answer = KeysUnreachable("status 500")
    with pytest.raises(IdentityKeysUnavailable):
        await keys.for_token_of("second")
    assert "first" in await keys.for_token_of("first")


async def test_closing_ends_a_download(keys: PublishedKeys, publisher: Publisher, clock: ManualClock) -> None:
    publisher.may_answer.clear()
    before = asyncio.all_tasks()
    waiting = asyncio.create_task(keys.for_token_of("first"))
    await clock.advance(0)
    await keys.aclose()
    with pytest.raises(IdentityKeysUnavailable):
        await waiting
    assert asyncio.all_tasks() == before
