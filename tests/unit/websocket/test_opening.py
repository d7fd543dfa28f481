"""Who may open a WebSocket, and as which client."""

from collections.abc import Mapping

import pytest
from tests.unit.running_gateway import BOB, RunningGateway, running_gateway
from tests.unit.websocket.talking import talking

from domain.errors import AuthBackEndUnavailable
from domain.identity import Session

COOKIE = "session_token={}"


async def test_initialize_opens_a_client_and_says_which(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        answer = await talk.initialize()
    assert answer["protocolVersion"] == "2024-11-05"
    assert answer["serverInfo"]["name"] == "noetl-gateway"
    assert answer["capabilities"]["playbooks"] is True
    assert "pendingRequests" not in answer
    assert len(talk.client_id) > 20


async def test_initialize_resumes_the_client_that_is_named(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
    async with talking(gateway, session) as again:
        await again.initialize(clientId=talk.client_id)
    assert again.client_id == talk.client_id


async def test_the_client_of_another_user_is_not_resumed(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
    async with talking(gateway, await gateway.log_in(BOB)) as foreign:
        await foreign.initialize(clientId=talk.client_id)
    assert foreign.client_id != talk.client_id


async def test_a_client_is_initialized_once(gateway: RunningGateway, session: Session) -> None:
    async with talking(gateway, session) as talk:
        await talk.initialize()
        assert (await talk.ask("initialize"))["error"]["code"] == -32600
        assert (await talk.ask("ping"))["result"] == {}


async def test_wrong_parameters_of_initialize_are_told_and_it_may_be_called_again(
    gateway: RunningGateway, session: Session
) -> None:
    async with talking(gateway, session) as talk:
        assert (await talk.ask("initialize", clientId=7))["error"]["code"] == -32602
        await talk.initialize()


async def test_an_outage_is_told_and_initialize_may_be_called_again(
    gateway: RunningGateway, session: Session
) -> None:
    async with talking(gateway, session) as talk:
        gateway.bus.outage()
        answer = await talk.ask("initialize")
        assert (answer["error"]["code"], answer["error"]["data"]) == (-32603, {"code": "store_unavailable"})
        gateway.bus.recovery()
        await talk.initialize()


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"authorization": "Bearer {}"}, "/ws"),
        ({"cookie": COOKIE, "origin": "https://app.example.test"}, "/ws"),
        ({"x-session-token": "{}", "origin": "https://evil.example.test"}, "/ws"),
        ({}, "/ws?session_token={}"),
    ],
    ids=["bearer", "cookie", "header from any page", "query"],
)
async def test_the_token_may_be_anywhere(
    gateway: RunningGateway, session: Session, headers: Mapping[str, str], path: str
) -> None:
    token = session.token.text
    filled = {name: value.format(token) for name, value in headers.items()}
    async with talking(gateway, headers=filled, path=path.format(token)) as talk:
        await talk.initialize()


async def test_a_page_of_the_gateway_itself_may_use_the_cookie(gateway: RunningGateway, session: Session) -> None:
    headers = {"cookie": COOKIE.format(session.token.text), "origin": f"http://{gateway.address}"}
    async with talking(gateway, headers=headers) as talk:
        await talk.initialize()


async def test_a_ticket_opens_one_websocket(gateway: RunningGateway, session: Session) -> None:
    async with gateway.http(session) as client:
        ticket = (await client.post("/api/events/ticket")).json()["ticket"]
    async with talking(gateway, path=f"/ws?ticket={ticket}") as talk:
        await talk.initialize()
    async with talking(gateway, path=f"/ws?ticket={ticket}") as talk:
        assert await talk.closed() == (4401, "token_missing")


@pytest.mark.parametrize(
    ("path", "reason", "sentence"),
    [
        ("/ws", "token_missing", "Missing authentication token"),
        ("/ws?session_token=unknown", "session_invalid", "Invalid or expired session"),
    ],
)
async def test_a_refused_session_is_told_before_the_close(
    gateway: RunningGateway, path: str, reason: str, sentence: str
) -> None:
    async with talking(gateway, path=path) as talk:
        assert await talk.closed() == (4401, reason)
    error = {"code": -32002, "message": sentence, "data": {"code": reason}}
    assert talk.seen == [{"jsonrpc": "2.0", "id": None, "error": error}]


@pytest.mark.parametrize("origin", [None, "https://evil.example.test", "null"])
@pytest.mark.parametrize("token", ["{}", "unknown"])
async def test_a_foreign_page_cannot_use_the_cookie_nor_learn_whether_it_is_good(
    gateway: RunningGateway, session: Session, origin: str | None, token: str
) -> None:
    cookie = {"cookie": COOKIE.format(token.format(session.token.text))}
    async with talking(gateway, headers=cookie | ({"origin": origin} if origin else {})) as talk:
        assert await talk.closed() == (4403, "origin_denied")
    assert talk.seen[0]["error"]["code"] == -32003


async def test_trouble_behind_the_gateway_logs_nobody_out(gateway: RunningGateway) -> None:
    gateway.authority.trouble = AuthBackEndUnavailable()
    async with talking(gateway, path="/ws?session_token=fresh") as talk:
        assert await talk.closed() == (1013, "auth_back_end_unavailable")
    assert talk.seen[0]["error"]["code"] == -32603


async def test_a_session_may_not_open_too_many() -> None:
    async with running_gateway(variables={"GATEWAY_STREAMS_PER_SESSION": "1"}) as gateway:
        session = await gateway.log_in()
        async with talking(gateway, session) as first:
            await first.initialize()
            async with talking(gateway, session) as second:
                assert await second.closed() == (1013, "too_many_requests")
            assert second.seen[0]["error"]["data"] == {"code": "too_many_requests", "retryAfter": 5}
        async with talking(gateway, session) as third:
            await third.initialize()


async def test_a_request_that_is_no_websocket_is_told_to_become_one(gateway: RunningGateway) -> None:
    async with gateway.http() as client:
        answer = await client.get("/ws")
    assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")


async def test_no_websocket_is_opened_where_they_are_switched_off() -> None:
    async with running_gateway(variables={"GATEWAY_WS_ENABLED": "false"}) as gateway, gateway.http() as client:
        assert (await client.get("/ws")).status_code == 404
