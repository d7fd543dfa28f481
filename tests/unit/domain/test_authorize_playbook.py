import asyncio

import pytest
from tests.unit.domain.gateway import DECISION_SECONDS, PLAYBOOK, Gateway

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from domain.errors import AuthBackEndUnavailable, PlaybookDenied, UpstreamTimedOut


async def test_who_may_run_a_playbook_passes(gateway: Gateway) -> None:
    await gateway.authorize(await gateway.logged_in(), PLAYBOOK)


async def test_who_may_not_is_stopped(gateway: Gateway) -> None:
    session = await gateway.logged_in()

    with pytest.raises(PlaybookDenied):
        await gateway.authorize(session, "secret/playbook")


async def test_a_decision_is_good_for_a_while_and_then_asked_again(gateway: Gateway, clock: ManualClock) -> None:
    session = await gateway.logged_in()
    assert gateway.authorize.known(session, PLAYBOOK) is None
    for _ in range(3):
        await gateway.authorize(session, PLAYBOOK)
    assert gateway.access.asked == [(PLAYBOOK, "execute")]
    assert gateway.authorize.known(session, PLAYBOOK) is True

    gateway.access.grants.clear()
    await clock.advance(DECISION_SECONDS)
    for _ in range(3):
        with pytest.raises(PlaybookDenied):
            await gateway.authorize(session, PLAYBOOK)
    assert len(gateway.access.asked) == 2
    assert gateway.authorize.known(session, PLAYBOOK) is False


async def test_one_sessions_decision_is_not_anothers(gateway: Gateway) -> None:
    first, second = await gateway.logged_in(), await gateway.logged_in()
    gateway.access.banned.add(second.token)
    await gateway.authorize(first, PLAYBOOK)

    with pytest.raises(PlaybookDenied):
        await gateway.authorize(second, PLAYBOOK)


async def test_questions_at_the_same_time_are_one(gateway: Gateway) -> None:
    session, answer = await gateway.logged_in(), asyncio.Event()

    async def thinking() -> None:
        await answer.wait()

    gateway.access.thinking = thinking
    calls = [asyncio.ensure_future(gateway.authorize(session, PLAYBOOK)) for _ in range(5)]
    await asyncio.sleep(0)
    answer.set()
    await asyncio.gather(*calls)

    assert len(gateway.access.asked) == 1


async def test_doubt_is_no_and_is_not_remembered(gateway: Gateway) -> None:
    session = await gateway.logged_in()
    gateway.access.trouble = AuthBackEndUnavailable()

    with pytest.raises(AuthBackEndUnavailable):
        await gateway.authorize(session, PLAYBOOK)

    gateway.access.trouble = None
    await gateway.authorize(session, PLAYBOOK)


async def test_a_catalog_id_is_asked_by_the_path_that_it_stands_for(gateway: Gateway) -> None:
    session = await gateway.logged_in()
    gateway.catalog.paths["43"] = "secret/playbook"

    await gateway.authorize.by_catalog_id(session, "42")
    with pytest.raises(PlaybookDenied):
        await gateway.authorize.by_catalog_id(session, "43")
    with pytest.raises(PlaybookDenied):
        await gateway.authorize.by_catalog_id(session, "unknown")


async def test_an_execution_is_asked_by_the_path_that_it_ran(gateway: Gateway) -> None:
    session = await gateway.logged_in()
    gateway.catalog.execution_paths["1001"] = "secret/playbook"

    await gateway.authorize.by_execution(session, "1000")
    with pytest.raises(PlaybookDenied):
        await gateway.authorize.by_execution(session, "1001")
    with pytest.raises(PlaybookDenied):
        await gateway.authorize.by_execution(session, "9")


async def test_a_catalog_in_trouble_is_no_denial(gateway: Gateway) -> None:
    session = await gateway.logged_in()
    gateway.catalog.trouble = UpstreamTimedOut()

    with pytest.raises(UpstreamTimedOut):
        await gateway.authorize.by_catalog_id(session, "42")


async def test_where_it_is_left_to_the_clients_nobody_is_asked(bus: MemoryBus) -> None:
    gateway = Gateway(bus, enforced=False)
    session = await gateway.logged_in()
    gateway.access.trouble = AuthBackEndUnavailable()
    gateway.catalog.trouble = UpstreamTimedOut()

    await gateway.authorize(session, "secret/playbook")
    await gateway.authorize.by_catalog_id(session, "43")
    await gateway.authorize.by_execution(session, "1001")
    assert gateway.authorize.known(session, "secret/playbook") is True


async def test_no_representation_of_a_decision_holds_the_token(gateway: Gateway) -> None:
    session = await gateway.logged_in()
    await gateway.authorize(session, PLAYBOOK)

    [key] = gateway.authorize.decisions._entries

    assert session.token.text not in repr(key)
