from dataclasses import replace

import pytest
from tests.contracts.given import a_session, a_token
from tests.contracts.replicas import Replicas
from tests.contracts.waiting import eventually

from domain.errors import StoreUnavailable


async def test_a_session_is_readable_here_at_once_and_there_soon(replicas: Replicas) -> None:
    session = a_session()

    await replicas.here.sessions.put(session)

    assert await replicas.here.sessions.get(session.token) == session

    async def arrived() -> bool:
        return await replicas.there.sessions.get(session.token) == session

    await eventually(arrived)


async def test_an_unknown_session_is_none(replicas: Replicas) -> None:
    assert await replicas.here.sessions.get(a_token()) is None
    assert replicas.here.sessions.peek(a_token()) is None


async def test_peek_says_nothing_wrong(replicas: Replicas) -> None:
    session = a_session()
    await replicas.here.sessions.put(session)

    async def known() -> bool:
        return replicas.here.sessions.peek(session.token) == session

    await eventually(known)


async def test_an_inactive_session_is_still_what_was_stored(replicas: Replicas) -> None:
    session = a_session(is_active=False)

    await replicas.here.sessions.put(session)

    assert await replicas.here.sessions.get(session.token) == session


async def test_a_later_put_replaces_a_session_everywhere(replicas: Replicas) -> None:
    session = a_session()
    await replicas.here.sessions.put(session)
    await replicas.there.sessions.get(session.token)
    changed = replace(session, user=replace(session.user, roles=()))

    await replicas.here.sessions.put(changed)

    assert await replicas.here.sessions.get(session.token) == changed

    async def replaced() -> bool:
        known = replicas.there.sessions.peek(session.token)
        return known in (None, changed) and await replicas.there.sessions.get(session.token) == changed

    await eventually(replaced)


async def test_a_deletion_ends_the_session_everywhere(replicas: Replicas) -> None:
    session = a_session()
    await replicas.here.sessions.put(session)

    async def known_there() -> bool:
        return await replicas.there.sessions.get(session.token) == session

    await eventually(known_there)

    await replicas.here.sessions.delete(session.token)

    assert replicas.here.sessions.peek(session.token) is None
    assert await replicas.here.sessions.get(session.token) is None

    async def gone_there() -> bool:
        near = replicas.there.sessions.peek(session.token)
        return near is None and await replicas.there.sessions.get(session.token) is None

    await eventually(gone_there)


async def test_deleting_what_is_not_there_is_harmless(replicas: Replicas) -> None:
    session = a_session()

    await replicas.here.sessions.delete(session.token)
    await replicas.here.sessions.put(session)

    assert await replicas.here.sessions.get(session.token) == session


@pytest.mark.parametrize("text", [">", "*", ".x", "x.", "a..b", "a%b", "$KV", "a:b"])
async def test_a_token_that_cannot_be_a_key_reads_nothing_and_writes_nothing(replicas: Replicas, text: str) -> None:
    other, hostile = a_session(), a_session(a_token(text))
    await replicas.here.sessions.put(other)

    await replicas.here.sessions.put(hostile)
    await replicas.here.sessions.delete(hostile.token)

    assert await replicas.here.sessions.get(hostile.token) is None
    assert replicas.here.sessions.peek(hostile.token) is None
    assert await replicas.here.sessions.get(other.token) == other


@pytest.mark.parametrize("text", ["test-session-token-12345", "a/b=c_d.e", "0123456789", "x" * 512])
async def test_every_token_that_can_be_a_key_is_one(replicas: Replicas, text: str) -> None:
    session = a_session(a_token(text))

    await replicas.here.sessions.put(session)

    assert await replicas.here.sessions.get(session.token) == session


async def test_an_outage_shows_and_passes(replicas: Replicas) -> None:
    session = a_session()
    await replicas.outage()

    with pytest.raises(StoreUnavailable):
        await replicas.here.sessions.get(session.token)
    with pytest.raises(StoreUnavailable):
        await replicas.here.sessions.put(session)
    with pytest.raises(StoreUnavailable):
        await replicas.here.sessions.delete(session.token)

    await replicas.recovery()
    await replicas.here.sessions.put(session)
    assert await replicas.here.sessions.get(session.token) == session
