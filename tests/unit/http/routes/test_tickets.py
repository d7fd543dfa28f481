"""One-time tickets for streams (D28)."""

import pytest
from tests.unit.domain.gateway import Gateway
from tests.unit.http.asking import Answer, Fields, ask, served

from adapters.memory.stream_tickets import MemoryStreamTickets
from entrypoints.http.asgi import AsgiApp
from entrypoints.http.gate import SessionGate
from entrypoints.http.routes.tickets import ticket_routes


@pytest.fixture
def tickets(gateway: Gateway) -> MemoryStreamTickets:
    return MemoryStreamTickets(gateway.bus)


@pytest.fixture
def app(gateway: Gateway, tickets: MemoryStreamTickets) -> AsgiApp:
    gate = SessionGate(
        authenticate=gateway.authenticate, origin_allowed=lambda origin: False, count=lambda outcome: None
    )
    return served(*ticket_routes(gate, tickets))


async def wanted(app: AsgiApp, headers: Fields) -> Answer:
    return await ask(app, "POST", "/api/events/ticket", headers)


async def test_a_session_gets_a_ticket_for_its_token(
    app: AsgiApp, gateway: Gateway, tickets: MemoryStreamTickets
) -> None:
    token = (await gateway.logged_in()).token
    answer = await wanted(app, [(b"authorization", f"Bearer {token.text}".encode())])
    assert (answer.status, answer.json["expires_in"]) == (200, 60)
    assert token.text not in answer.body.decode()
    assert await tickets.redeem(answer.json["ticket"]) == token


async def test_nobody_gets_none(app: AsgiApp) -> None:
    answer = await wanted(app, [])
    assert (answer.status, answer.body) == (401, b"Missing authentication token")
    answer = await wanted(app, [(b"x-session-token", b"unknown")])
    assert (answer.status, answer.body) == (401, b"Invalid or expired session")


async def test_another_sites_page_gets_none_by_the_users_cookie(app: AsgiApp, gateway: Gateway) -> None:
    token = (await gateway.logged_in()).token
    cookie = (b"cookie", f"session_token={token.text}".encode())
    assert (await wanted(app, [cookie, (b"origin", b"https://evil.example.test")])).status == 403
