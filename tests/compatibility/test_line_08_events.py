"""Line 8: `/events`: event name `message` for init, immediate ping, error event on a bad session with HTTP 200 and
-32002, reconnecting (wire 4.5, 4.6).
"""

import httpx
import pytest
from tests.compatibility.drives import session_of
from tests.compatibility.event_stream import Event, events, opened
from tests.compatibility.runs import answer, execute
from tests.compatibility.stored import forget
from tests.integration.gateway.conftest import Deployment

from domain.version import __version__
from entrypoints.demo.noetl.server import SimulatedNoetl

pytestmark = pytest.mark.integration


async def test_line_08_first_comes_an_init_frame_called_message_then_a_ping(
    gateway: httpx.AsyncClient, alice: str
) -> None:
    async with events(gateway, alice) as stream:
        init, ping = await stream.block(), await stream.block()
    assert isinstance(init, Event)
    assert isinstance(ping, Event)
    assert init.name == "message"
    frame = init.json
    result = frame.pop("result")
    capabilities, client_id = result.pop("capabilities"), result.pop("clientId")
    assert frame == {"jsonrpc": "2.0", "id": 1}
    assert isinstance(client_id, str)
    assert client_id
    known = {"playbooks": True, "callbacks": True, "subscriptions": False, "playbookState": True}
    assert known.items() <= capabilities.items()
    # Without anything pending, pendingRequests is not there.
    assert result == {
        "protocolVersion": "2024-11-05",
        "serverInfo": {"name": "noetl-gateway", "version": __version__},
    }
    assert ping.text == 'event: ping\ndata: {"jsonrpc":"2.0","method":"ping","params":{}}'


async def test_line_08_the_stream_is_not_to_be_stored_or_held_back(gateway: httpx.AsyncClient, alice: str) -> None:
    async with events(gateway, alice) as stream:
        headers = stream.response.headers
        assert stream.response.status_code == 200
    assert headers["content-type"] == "text/event-stream"
    assert headers["cache-control"] == "no-cache"
    assert headers["x-accel-buffering"] == "no"


@pytest.mark.parametrize("token", ["0123456789abcdef", "", ">"])
async def test_line_08_a_bad_session_gets_an_error_event_with_http_200_and_the_end(
    gateway: httpx.AsyncClient, token: str
) -> None:
    """Clients react to nothing else; the hint calms those that reconnect every two seconds (wire 4.6)."""
    async with events(gateway, token) as stream:
        assert stream.response.status_code == 200
        (error,) = await stream.rest()
    assert error.name == "error"
    assert error.data == '{"jsonrpc":"2.0","error":{"code":-32002,"message":"Invalid or expired session"}}'
    assert "retry: 30000" in error.text


async def test_line_08_without_a_token_it_is_the_same(origin: str) -> None:
    async with httpx.AsyncClient() as client:
        reply = await client.get(f"{origin}/events")
    assert reply.status_code == 200
    assert '"code":-32002' in reply.text


async def test_line_08_a_valid_session_that_is_not_in_the_cache_is_accepted(
    gateway: httpx.AsyncClient, noetl: SimulatedNoetl
) -> None:
    """D18: the original knew nobody after 300 s without another request."""
    async with opened(gateway, session_of(noetl).token) as (_, init):
        assert init["clientId"]


async def test_line_08_the_session_may_leave_the_cache_while_noetl_knows_it(
    deployment: Deployment, gateway: httpx.AsyncClient, noetl: SimulatedNoetl
) -> None:
    session = session_of(noetl)
    reply = await gateway.post("/api/auth/validate", json={"session_token": session.token})
    assert reply.json()["valid"] is True
    await forget(deployment, session.token)
    async with opened(gateway, session.token) as (_, init):
        assert init["clientId"]


async def test_line_08_a_reconnect_lists_what_is_pending_and_delivers_what_was_stored(
    gateway: httpx.AsyncClient, alice: str, noetl: SimulatedNoetl
) -> None:
    """D20: the original answered 202 "queued" and threw the result away."""
    async with opened(gateway, alice) as (_, init):
        client_id = init["clientId"]
        waiting = await execute(gateway, "demo/slow", client_id, seconds=60)
        answered = await execute(gateway, "demo/slow", client_id, seconds=60)
    gone = await answer(gateway, answered["requestId"], data={"textOutput": "while you were away"})
    assert gone.status_code in (200, 202)
    async with opened(gateway, alice, client_id=client_id) as (stream, again):
        assert again["clientId"] == client_id
        pending = {
            "requestId": waiting["requestId"],
            "executionId": waiting["executionId"],
            "playbookPath": "demo/slow",
        }
        assert pending in again["pendingRequests"]
        result = await stream.next("playbook/result", requestId=answered["requestId"])
        assert result.params["data"] == {"textOutput": "while you were away"}


async def test_line_08_a_result_that_was_written_is_not_repeated(gateway: httpx.AsyncClient, alice: str) -> None:
    """A reconnect with the id of the last event resumes behind it."""
    async with opened(gateway, alice) as (stream, init):
        client_id = init["clientId"]
        first = await execute(gateway, "demo/slow", client_id, seconds=60)
        await answer(gateway, first["requestId"], data="first")
        last = await stream.next("playbook/result", requestId=first["requestId"])
        second = await execute(gateway, "demo/slow", client_id, seconds=60)
    await answer(gateway, second["requestId"], data="second")
    async with opened(gateway, alice, client_id=client_id, last_event_id=last.id) as (stream, _):
        state, result = await stream.next(), await stream.next()
    assert state.params["execution_id"] == second["executionId"]
    assert result.params["requestId"] == second["requestId"]


async def test_line_08_somebody_elses_client_id_is_not_honoured(
    deployment: Deployment, gateway: httpx.AsyncClient, alice: str
) -> None:
    """D4."""
    async with deployment.gateway() as other, opened(gateway, alice) as (mine, init):
        mallory = await deployment.log_in(other, "viewer@example.com")
        run = await execute(gateway, "demo/slow", init["clientId"], seconds=60)
        async with opened(other, mallory, client_id=init["clientId"]) as (_, foreign):
            assert foreign["clientId"] != init["clientId"]
            assert "pendingRequests" not in foreign
            await answer(gateway, run["requestId"], data="for alice")
            result = await mine.next("playbook/result")
            assert result.params["data"] == "for alice"


@pytest.mark.parametrize("client_id", ["", "mine", "5a3c1a52-8ad1-4d8e-9d7e-3a4f6b1c2d3e", ">", "a" * 3000])
async def test_line_08_an_unknown_client_id_gets_a_new_one(
    gateway: httpx.AsyncClient, alice: str, client_id: str
) -> None:
    async with opened(gateway, alice, client_id=client_id) as (_, init):
        assert init["clientId"] not in ("", client_id)


async def test_line_08_streams_can_be_switched_off(deployment: Deployment) -> None:
    """D50: the setting was ignored."""
    async with deployment.gateway(GATEWAY_SSE_ENABLED="false") as without:
        assert (await without.get("/events")).status_code == 404
