"""Who opens a stream (wire 4.5, D28)."""

import pytest
from tests.unit.domain.gateway import ALICE, Gateway
from tests.unit.http.asking import scope_of

from adapters.memory.stream_tickets import MemoryStreamTickets
from domain.errors import OriginDenied, SessionInvalid, TokenMissing
from entrypoints.http.stream_session import StreamSession

APP = b"https://app.example.test"


@pytest.fixture
def tickets(gateway: Gateway) -> MemoryStreamTickets:
    return MemoryStreamTickets(gateway.bus)


@pytest.fixture
def sessions(gateway: Gateway, tickets: MemoryStreamTickets) -> StreamSession:
    return StreamSession(
        authenticate=gateway.authenticate, tickets=tickets, origin_allowed=lambda scope, origin: origin == APP
    )


async def test_the_token_may_be_in_the_query(sessions: StreamSession, gateway: Gateway) -> None:
    token = (await gateway.logged_in()).token.text
    assert (await sessions(scope_of(query=f"session_token={token}".encode()))).user == ALICE


@pytest.mark.parametrize("name", [b"authorization", b"x-session-token", b"cookie"])
async def test_the_token_may_be_where_other_requests_have_it(
    sessions: StreamSession, gateway: Gateway, name: bytes
) -> None:
    token = (await gateway.logged_in()).token.text
    value = {b"authorization": f"Bearer {token}", b"cookie": f"session_token={token}"}.get(name, token)
    assert (await sessions(scope_of(headers=[(name, value.encode())]))).user == ALICE


async def test_the_query_counts_before_the_headers(sessions: StreamSession, gateway: Gateway) -> None:
    token = (await gateway.logged_in()).token.text
    for query in (b"session_token=unknown", b"session_token="):
        with pytest.raises(SessionInvalid):
            await sessions(scope_of(query=query, headers=[(b"x-session-token", token.encode())]))


async def test_nobody_opens_a_stream_without_a_token(sessions: StreamSession) -> None:
    with pytest.raises(TokenMissing):
        await sessions(scope_of(query=b"client_id=x"))


async def test_a_ticket_opens_one_stream(
    sessions: StreamSession, gateway: Gateway, tickets: MemoryStreamTickets
) -> None:
    ticket = await tickets.issue((await gateway.logged_in()).token)
    scope = scope_of(query=f"ticket={ticket}".encode())
    assert (await sessions(scope)).user == ALICE
    with pytest.raises(TokenMissing):
        await sessions(scope)


async def test_a_ticket_does_not_outlive_its_session(
    sessions: StreamSession, gateway: Gateway, tickets: MemoryStreamTickets
) -> None:
    session = await gateway.logged_in()
    ticket = await tickets.issue(session.token)
    await gateway.log_out(session.token)
    with pytest.raises(SessionInvalid):
        await sessions(scope_of(query=f"ticket={ticket}".encode()))


async def test_a_foreign_page_cannot_open_a_websocket_with_the_users_cookie(
    sessions: StreamSession, gateway: Gateway
) -> None:
    token = (await gateway.logged_in()).token.text
    scope = scope_of(kind="websocket", headers=[(b"cookie", f"session_token={token}".encode())])
    for origin in (None, b"https://evil.example.test"):
        with pytest.raises(OriginDenied):
            await sessions(scope, origin)
    assert (await sessions(scope, APP)).user == ALICE
