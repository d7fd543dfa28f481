"""Auth callbacks, started requests and ended sessions, as NATS carries them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.contracts.given import a_request, a_session, a_token, an_execution_id
from tests.integration.nats.gateways import Gateway
from tests.integration.nats.servers import NatsServer, eventually

from domain.callbacks import CallbackResult

MakeGateway = Callable[..., Awaitable[Gateway]]
CAPTURES = Path(__file__).parents[2] / "fixtures" / "noetl-captures"
REQUEST = "b36f4f73-fa03-4953-8e0e-2e2698559f28"


def soon() -> float:
    return asyncio.get_running_loop().time() + 5


async def test_a_callback_that_a_playbook_publishes_finds_its_waiter_on_any_replica(
    make_gateway: MakeGateway,
) -> None:
    here, there = await make_gateway(), await make_gateway()
    body = json.loads((CAPTURES / "login_ok_callback.json").read_text())["body"]
    async with here.inbox.expect(body["request_id"]) as waiter:
        # The subject says nothing: the request id in the body selects the waiter (wire 4.2).
        await there.connection.publish("noetl.callbacks.some.thing", json.dumps(body).encode())
        result = await waiter.result(soon())

    assert result.data == body["data"]
    assert result.request_id == body["request_id"]


async def test_malformed_callbacks_are_skipped(make_gateway: MakeGateway, caplog: pytest.LogCaptureFixture) -> None:
    here = await make_gateway()
    async with here.inbox.expect(REQUEST) as waiter:
        for payload in (b"", b"{", b"[]", b'{"request_id":null,"data":"secret"}', b"\xff" * 100):
            await here.connection.publish(f"noetl.callbacks.{REQUEST}", payload)
        await here.connection.publish(f"noetl.callbacks.{REQUEST}", json.dumps({"request_id": REQUEST}).encode())

        assert await waiter.result(soon()) == CallbackResult(request_id=REQUEST)
    assert "secret" not in caplog.text


async def test_an_answer_for_nobody_is_refused_without_waiting(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    async with asyncio.timeout(0.5):
        assert not await here.inbox.deliver(CallbackResult(request_id=REQUEST))


@pytest.mark.parametrize("request_id", [">", "*", "a.b", "x\r\nPUB y 0", ""])
async def test_a_request_id_that_is_a_pattern_reaches_nobody(make_gateway: MakeGateway, request_id: str) -> None:
    here, there = await make_gateway(), await make_gateway()
    async with here.inbox.expect(REQUEST) as waiter, here.inbox.expect(request_id) as same:
        assert not await there.inbox.deliver(CallbackResult(request_id=request_id))
        with pytest.raises(TimeoutError):
            await waiter.result(asyncio.get_running_loop().time() + 0.05)
        assert await here.inbox.deliver(CallbackResult(request_id=request_id))
        assert await same.result(soon()) == CallbackResult(request_id=request_id)


async def test_waiting_leaves_nothing_behind(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    subscriptions = len(here.connection.link.client._subs)
    for _ in range(20):
        async with here.inbox.expect(REQUEST):
            assert len(here.connection.link.client._subs) == subscriptions + 1

    assert len(here.connection.link.client._subs) == subscriptions


async def test_a_started_request_is_heard_once_by_every_replica(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    mine, theirs = here.started.hear(), there.started.hear()
    first, second = (a_request(execution_id=an_execution_id()) for _ in range(2))

    await here.started.tell(first)
    await here.started.tell(second)

    for heard in (mine, theirs):
        assert await anext(heard) == first
        assert await anext(heard) == second


async def test_during_an_outage_a_started_request_is_still_heard_where_it_was_started(
    server: NatsServer, make_gateway: MakeGateway
) -> None:
    here, request = await make_gateway(), a_request(execution_id=an_execution_id())
    heard = here.started.hear()
    server.kill()
    await eventually(lambda: not here.connection.is_connected)

    await here.started.tell(request)

    assert await anext(heard) == request


async def test_a_listener_that_falls_behind_loses_the_oldest(make_gateway: MakeGateway) -> None:
    here = await make_gateway()
    heard = here.started.hear()
    requests = [a_request(execution_id=str(number)) for number in range(1001)]
    for request in requests:
        await here.started.tell(request)

    assert await anext(heard) == requests[1]


async def test_a_session_that_ended_while_a_gateway_was_cut_off_is_told_afterwards(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    deleted, revoked, untouched = a_session(), a_session(), a_session()
    ended: list[str] = []
    for name, session in (("deleted", deleted), ("revoked", revoked), ("untouched", untouched)):
        await here.sessions.put(session)
        there.session_ends.listen(session.token, lambda name=name: ended.append(name))  # type: ignore[misc]

    there.connection.link.client.abandon("cut off")
    await here.sessions.delete(deleted.token)
    await here.revocations.revoke(revoked.token)

    await eventually(lambda: len(ended) == 2)
    await eventually(there.sees_everything)
    assert sorted(ended) == ["deleted", "revoked"]


async def test_the_logout_of_a_token_that_can_be_no_key_is_told_too(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    token, ended = a_token("strange%token>"), []
    there.session_ends.listen(token, lambda: ended.append(1))

    await here.revocations.revoke(token)

    await eventually(lambda: ended, 1.0)


async def test_a_session_that_somebody_marks_inactive_has_ended(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    session, ended = a_session(), []
    await here.sessions.put(session)
    there.session_ends.listen(session.token, lambda: ended.append(1))

    await here.sessions.put(a_session(session.token, is_active=False))

    await eventually(lambda: ended, 1.0)


async def test_a_revocation_holds_without_its_token_in_the_bucket(make_gateway: MakeGateway) -> None:
    here, there = await make_gateway(), await make_gateway()
    token = a_token()

    await here.revocations.revoke(token)

    assert await there.revocations.is_revoked(token)
    assert not await there.revocations.is_revoked(a_token())
    stored = [entry.key for entry in await here.revocations.bucket.read_all([">"])]
    assert len(stored) == 1 and token.text not in stored[0]
