import asyncio
from dataclasses import replace

import pytest
from tests.unit.domain.gateway import ALICE, REFUSED_SECONDS, Gateway

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from domain.errors import AuthBackEndFailed, AuthBackEndUnavailable, SessionInvalid, TokenMissing
from domain.identity import SessionToken
from domain.ports.telemetry import Count


async def test_a_session_in_memory_needs_nobody_else(gateway: Gateway, bus: MemoryBus) -> None:
    session = await gateway.logged_in()
    bus.outage()
    gateway.authority.trouble = AuthBackEndUnavailable()

    assert await gateway.authenticate(session.token.text) == session
    assert gateway.authenticate.known(session.token.text) == session
    assert gateway.authority.validated == []


async def test_a_session_that_only_noetl_knows_is_asked_for_once_and_then_kept(gateway: Gateway) -> None:
    session = gateway.authority.open(ALICE)

    assert await gateway.authenticate(session.token.text) == session
    assert await gateway.authenticate(session.token.text) == session

    assert gateway.authority.validated == [session.token]
    assert await gateway.sessions.get(session.token) == session


@pytest.mark.parametrize("token", ["nobodys-token", "not:storable", ">", "*"])
async def test_a_token_that_noetl_does_not_know_is_refused(gateway: Gateway, token: str) -> None:
    with pytest.raises(SessionInvalid):
        await gateway.authenticate(token)


async def test_no_token_is_missing(gateway: Gateway) -> None:
    with pytest.raises(TokenMissing):
        await gateway.authenticate(None)


@pytest.mark.parametrize("text", ["", "a b", "a\r\nPUB x", "x" * 5000])
async def test_what_can_be_no_token_is_refused_without_asking_anybody(
    gateway: Gateway, bus: MemoryBus, text: str
) -> None:
    bus.outage()

    with pytest.raises(SessionInvalid):
        await gateway.authenticate(text)
    with pytest.raises(SessionInvalid):
        gateway.authenticate.known(text)
    assert gateway.authority.validated == []


async def test_a_token_that_cannot_be_stored_is_validated_each_time(gateway: Gateway) -> None:
    session = replace(gateway.authority.open(ALICE), token=SessionToken("not:storable", storable=False))
    gateway.authority.sessions[session.token] = session

    for _ in range(2):
        assert await gateway.authenticate("not:storable") == session

    assert len(gateway.authority.validated) == 2


async def test_calls_at_the_same_time_ask_noetl_once(gateway: Gateway) -> None:
    session, answer = gateway.authority.open(ALICE), asyncio.Event()
    gateway.authority.thinking = lambda: _wait(answer)
    calls = [asyncio.ensure_future(gateway.authenticate(session.token.text)) for _ in range(10)]
    await asyncio.sleep(0)
    answer.set()

    assert await asyncio.gather(*calls) == [session] * 10
    assert gateway.authority.validated == [session.token]


async def test_a_bogus_token_costs_one_question_for_a_while(gateway: Gateway, clock: ManualClock) -> None:
    for _ in range(3):
        with pytest.raises(SessionInvalid):
            await gateway.authenticate("bogus")
    assert len(gateway.authority.validated) == 1

    await clock.advance(REFUSED_SECONDS)
    with pytest.raises(SessionInvalid):
        await gateway.authenticate("bogus")
    assert len(gateway.authority.validated) == 2


@pytest.mark.parametrize("trouble", [AuthBackEndUnavailable(), AuthBackEndFailed()])
async def test_trouble_is_never_a_refusal_and_is_not_remembered(
    gateway: Gateway, trouble: AuthBackEndUnavailable | AuthBackEndFailed
) -> None:
    session = gateway.authority.open(ALICE)
    gateway.authority.trouble = trouble

    with pytest.raises(type(trouble)):
        await gateway.authenticate(session.token.text)

    gateway.authority.trouble = None
    assert await gateway.authenticate(session.token.text) == session


async def test_trouble_leaves_a_stored_session_alone(gateway: Gateway, bus: MemoryBus) -> None:
    session = await gateway.logged_in()
    gateway.authority.trouble = AuthBackEndUnavailable()

    replica = Gateway(bus)
    replica.authority.trouble = AuthBackEndUnavailable()

    assert await replica.authenticate(session.token.text) == session


async def test_an_expired_session_is_asked_for_again(gateway: Gateway) -> None:
    fresh = gateway.authority.open(ALICE)
    await gateway.sessions.put(replace(fresh, ends_at=gateway.clock.now() - 1))

    assert await gateway.authenticate(fresh.token.text) == fresh


async def test_a_session_that_has_ended_is_refused_and_removed(gateway: Gateway, clock: ManualClock) -> None:
    session = gateway.authority.open(ALICE, hours=0.01)
    await gateway.sessions.put(session)
    await clock.advance(36)

    with pytest.raises(SessionInvalid):
        await gateway.authenticate(session.token.text)
    assert await gateway.sessions.get(session.token) is None


async def test_an_inactive_session_is_refused(gateway: Gateway) -> None:
    session = gateway.authority.open(ALICE)
    gateway.authority.sessions[session.token] = replace(session, is_active=False)

    with pytest.raises(SessionInvalid):
        await gateway.authenticate(session.token.text)


async def test_while_the_store_is_away_an_unknown_session_is_neither_believed_nor_refused(
    gateway: Gateway, bus: MemoryBus
) -> None:
    session = gateway.authority.open(ALICE)
    bus.outage()

    with pytest.raises(AuthBackEndUnavailable):
        await gateway.authenticate(session.token.text)

    bus.recovery()
    assert await gateway.authenticate(session.token.text) == session


async def test_a_store_that_fails_after_noetls_answer_does_not_matter(gateway: Gateway, bus: MemoryBus) -> None:
    session = gateway.authority.open(ALICE)

    async def thinking() -> None:
        bus.outage()

    gateway.authority.thinking = thinking

    assert await gateway.authenticate(session.token.text) == session
    assert gateway.telemetry.counts[Count.SESSION_CACHE_FAILED, "after_api_validate"] == 1


async def test_a_revoked_token_is_refused_although_noetl_still_calls_it_valid(gateway: Gateway) -> None:
    session = gateway.authority.open(ALICE)
    await gateway.revocations.revoke(session.token)

    with pytest.raises(SessionInvalid):
        await gateway.authenticate(session.token.text)
    assert gateway.authority.validated == []


async def test_a_logout_during_a_validation_wins(gateway: Gateway, bus: MemoryBus) -> None:
    session, asked, answer = gateway.authority.open(ALICE), asyncio.Event(), asyncio.Event()

    async def thinking() -> None:
        asked.set()
        await answer.wait()

    gateway.authority.thinking = thinking
    call = asyncio.ensure_future(gateway.authenticate(session.token.text))
    await asked.wait()
    await Gateway(bus).log_out(session.token)
    answer.set()

    with pytest.raises(SessionInvalid):
        await call
    assert await gateway.sessions.get(session.token) is None


async def test_a_caller_that_leaves_does_not_take_the_others_answer_along(gateway: Gateway) -> None:
    session, answer = gateway.authority.open(ALICE), asyncio.Event()
    gateway.authority.thinking = lambda: _wait(answer)
    first = asyncio.ensure_future(gateway.authenticate(session.token.text))
    second = asyncio.ensure_future(gateway.authenticate(session.token.text))
    await asyncio.sleep(0)

    first.cancel()
    answer.set()

    assert await second == session


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
