"""Sessions: what the near cache believes, and what others write into the bucket."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contracts.given import a_session, a_token
from tests.integration.nats.gateways import Gateway
from tests.integration.nats.servers import NatsServer, eventually

from adapters.nats.options import NatsStorage, Storage
from domain.errors import StoreUnavailable
from domain.identity import Session, SessionToken

MakeGateway = Callable[..., Awaitable[Gateway]]
CAPTURES = Path(__file__).parents[2] / "fixtures" / "noetl-captures"
WITHIN = 1.0
"""Seconds in which every replica must know that a session has ended."""


async def write(gateway: Gateway, key: str, value: bytes, headers: dict[str, str] | None = None) -> None:
    answer = await gateway.connection.request(f"$KV.sessions.{key}", value, headers)
    assert b'"seq"' in answer.data


async def used(gateway: Gateway, session: Session) -> None:
    """The session is in the gateway's near cache."""
    assert await gateway.sessions.get(session.token) == session
    assert gateway.sessions.peek(session.token) == session


async def test_a_session_that_was_used_once_is_known_without_asking(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    session = a_session()
    await here.sessions.put(session)

    assert there.sessions.peek(session.token) is None
    await used(there, session)
    await used(here, session)


@pytest.mark.parametrize("operation", ["DEL", "PURGE"])
async def test_a_key_that_anybody_deletes_is_gone_everywhere_within_a_second(
    make_gateway: MakeGateway, operation: str
) -> None:
    here, there = await make_gateway(), await make_gateway()
    session = a_session()
    await here.sessions.put(session)
    await used(there, session)

    await write(here, session.token.text, b"", {"KV-Operation": operation})

    await eventually(lambda: there.sessions.peek(session.token) is None, WITHIN)
    await eventually(lambda: here.sessions.peek(session.token) is None, WITHIN)
    assert await there.sessions.get(session.token) is None


async def test_what_another_writer_puts_replaces_the_cached_session(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    session = a_session()
    await here.sessions.put(session)
    inactive = {
        "session_token": session.token.text,
        "user_id": "7",
        "email": "alice@example.com",
        "is_active": "False",
    }

    await write(here, session.token.text, json.dumps(inactive).encode())

    await eventually(lambda: not _active(here, session), WITHIN)


def _active(gateway: Gateway, session: Session) -> bool:
    known = gateway.sessions.peek(session.token)
    return known is not None and known.is_active


async def test_rubbish_under_the_key_of_a_cached_session_ends_it(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    session = a_session()
    await here.sessions.put(session)

    await write(here, session.token.text, b"{not json")

    await eventually(lambda: here.sessions.peek(session.token) is None, WITHIN)
    assert await here.sessions.get(session.token) is None


async def test_only_sessions_that_are_used_here_are_cached(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    for _ in range(50):
        await here.sessions.put(a_session())
    last = a_session()
    await here.sessions.put(last)
    await used(there, last)

    assert len(there.sessions._cache) == 1


async def test_sessions_that_the_playbooks_wrote_are_read(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    entries = json.loads((CAPTURES / "kv_sessions_after_login.json").read_text())["entries"]
    for text, entry in entries.items():
        await write(here, text, entry["raw"].encode())

        session = await here.sessions.get(a_token(text))

        assert session is not None and session.user.email == entry["value"]["email"]


async def test_an_entry_ends_with_the_age_of_its_message(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(NatsStorage(session_ttl=1.0)), await make_gateway(NatsStorage(session_ttl=1.0))
    session = a_session()
    await here.sessions.put(session)
    await asyncio.sleep(0.5)
    await used(there, session)

    await eventually(lambda: there.sessions.peek(session.token) is None, 0.8)
    await eventually(lambda: here.sessions.peek(session.token) is None, 0.8)


async def test_a_bucket_that_exists_is_used_as_it_is_found(server: NatsServer, make_gateway: MakeGateway) -> None:
    first = await make_gateway(NatsStorage(session_ttl=60.0))
    second = await make_gateway(NatsStorage(session_ttl=300.0))

    for gateway in (first, second):
        info = gateway.sessions.bucket.stream.info
        assert info is not None and info.max_age == 60.0
        assert gateway.connection.trouble() is None


async def test_the_bucket_is_created_as_the_playbooks_need_it(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    config = json.loads((await here.connection.request("$JS.API.STREAM.INFO.KV_sessions")).data)["config"]

    expected = {
        "description": "Session cache for gateway authentication",
        "subjects": ["$KV.sessions.>"],
        "max_msg_size": 10240,
        "max_msgs_per_subject": 1,
        "max_age": 300 * 10**9,
        "storage": "file",
        "num_replicas": 1,
        "allow_direct": True,
        "allow_rollup_hdrs": True,
        "deny_delete": True,
        "discard": "new",
    }
    assert {name: config[name] for name in expected} == expected


@pytest.mark.parametrize("storage", list(Storage))
async def test_after_a_restart_of_nats_deletions_are_seen_again(
    server: NatsServer, make_gateway: MakeGateway, storage: Storage
) -> None:
    here, there = [await make_gateway(NatsStorage(storage=storage)) for _ in range(2)]
    before = a_session()
    await here.sessions.put(before)
    await used(there, before)

    server.kill()
    await eventually(lambda: not here.connection.is_connected and not there.connection.is_connected)
    server.start()
    await eventually(lambda: here.sees_everything() and there.sees_everything())

    kept = storage is Storage.FILE
    assert await there.sessions.get(before.token) == (before if kept else None)
    session = a_session()
    await here.sessions.put(session)
    await used(there, session)
    await here.sessions.delete(session.token)
    await eventually(lambda: there.sessions.peek(session.token) is None, WITHIN)


async def test_what_was_deleted_while_a_gateway_was_cut_off_is_not_believed_afterwards(
    server: NatsServer, make_gateway: MakeGateway
) -> None:
    here, there = await make_gateway(), await make_gateway()
    session = a_session()
    await here.sessions.put(session)
    await used(there, session)

    there.connection.link.client.abandon("cut off")
    await here.sessions.delete(session.token)

    await eventually(lambda: there.connection.is_connected and there.sees_everything())
    assert there.sessions.peek(session.token) is None
    assert await there.sessions.get(session.token) is None


async def test_while_nats_is_away_those_who_work_go_on_and_nobody_else(
    server: NatsServer, make_gateway: MakeGateway
) -> None:
    here, other = await make_gateway(), a_session()
    session = a_session()
    await here.sessions.put(session)

    server.kill()
    await eventually(lambda: not here.connection.is_connected)

    assert here.sessions.peek(session.token) == session
    assert here.sessions.peek(other.token) is None
    for call in (here.sessions.get(other.token), here.sessions.put(other), here.sessions.delete(session.token)):
        with pytest.raises(StoreUnavailable):
            await call
    assert here.sessions.peek(session.token) is None  # it was to be deleted here


async def test_a_feed_that_falls_silent_is_not_believed_but_nobody_is_thrown_out(
    server: NatsServer, make_gateway: MakeGateway
) -> None:
    here = await make_gateway(ping_interval=60.0)
    session, unknown = a_session(), a_token()
    await here.sessions.put(session)

    server.freeze()

    await eventually(lambda: here.sessions.peek(session.token) is None, 2.0)
    assert here.connection.is_connected
    assert await here.sessions.get(session.token) == session
    with pytest.raises(StoreUnavailable):
        await here.sessions.get(unknown)
    server.thaw()
    await eventually(here.sees_everything)
    await used(here, session)


async def test_a_gap_in_the_feed_is_noticed_and_closed(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    session = a_session()
    await here.sessions.put(session)
    generation = here.sessions.feed.generation

    here.sessions.feed._next += 1  # as if a message had been lost

    await eventually(lambda: here.sessions.feed.generation > generation)
    await eventually(here.sees_everything)
    assert here.sessions.peek(session.token) is None
    await used(here, session)


async def test_the_bucket_may_be_deleted_and_comes_back(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    session = a_session()
    await here.sessions.put(session)

    await here.connection.request("$JS.API.STREAM.DELETE.KV_sessions")

    await eventually(lambda: here.sessions.peek(session.token) is None, 2.0)
    await here.sessions.put(session)
    await eventually(here.sees_everything)
    await used(here, session)


@pytest.mark.parametrize(
    "text", [">", "*", ".x", "x.", "a..b", "x\r\nPUB y 0\r\n", "a b", "\x00", "é", "x" * 600, "a>", "$KV.sessions.>"]
)
async def test_a_hostile_token_never_reaches_nats(make_gateway: MakeGateway, text: str) -> None:
    here = await make_gateway()
    await here.sessions.put(a_session())
    sent: list[str] = []
    publish = here.connection.link.client.publish

    async def spy(subject: str, payload: bytes = b"", reply: str = "", headers: dict[str, str] | None = None) -> None:
        sent.append(subject)
        await publish(subject, payload, reply, headers)

    here.connection.link.client.publish = spy  # type: ignore[method-assign]
    token = SessionToken(text, storable=False)  # also when it did not go through `parse`

    assert await here.sessions.get(token) is None
    assert here.sessions.peek(token) is None
    await here.sessions.put(replace(a_session(), token=token))
    await here.sessions.delete(token)
    assert sent == []

    await here.revocations.revoke(token)
    assert await here.revocations.is_revoked(token)
    assert sent and not any(text in subject for subject in sent if len(text) > 1)
