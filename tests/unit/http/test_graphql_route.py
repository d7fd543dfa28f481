import pytest
from tests.unit.domain.gateway import Gateway
from tests.unit.http.asking import ask

from domain.identity import Session
from entrypoints.http.asgi import Receive, Scope, Send, header, respond
from entrypoints.http.gate import SessionGate
from entrypoints.http.graphql_route import GraphQLRoute


async def view(session: Session, scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 200, session.user.email.encode())


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 200, b"<html>")


@pytest.fixture
def route(gateway: Gateway) -> GraphQLRoute:
    gate = SessionGate(
        authenticate=gateway.authenticate, origin_allowed=lambda origin: False, count=lambda outcome: None
    )
    return GraphQLRoute(
        gate=gate, view=view, wants_page=lambda scope: header(scope, b"accept") == b"text/html", page=page
    )


async def test_the_page_needs_no_session(route: GraphQLRoute) -> None:
    assert (await ask(route, "GET", "/graphql", [(b"accept", b"text/html")])).body == b"<html>"


async def test_everything_else_does(route: GraphQLRoute, gateway: Gateway) -> None:
    answer = await ask(route, "POST", "/graphql")
    assert (answer.status, answer.body) == (401, b"Missing authentication token")
    answer = await ask(route, "POST", "/graphql", [(b"authorization", b"Bearer unknown")])
    assert (answer.status, answer.body) == (401, b"Invalid or expired session")
    token = (await gateway.logged_in()).token.text.encode()
    assert (await ask(route, "POST", "/graphql", [(b"x-session-token", token)])).body == b"alice@example.com"


async def test_another_sites_page_cannot_use_the_users_cookie(route: GraphQLRoute, gateway: Gateway) -> None:
    token = (await gateway.logged_in()).token.text
    headers = [(b"cookie", f"session_token={token}".encode()), (b"origin", b"https://evil.example.test")]
    answer = await ask(route, "POST", "/graphql", headers)
    assert (answer.status, answer.header(b"x-error-code")) == (403, b"origin_denied")
