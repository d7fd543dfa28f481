"""Line 3: token order is Bearer, X-Session-Token, cookie; `bearer x` (lower case) falls through (wire 2.1)."""

import httpx
import pytest
from tests.compatibility.conftest import client_of
from tests.compatibility.raw_http import ask
from tests.integration.gateway.conftest import Deployment

pytestmark = pytest.mark.integration

ECHO = "/noetl/demo/echo"


@pytest.fixture
async def dev(deployment: Deployment, origin: str) -> str:
    async with client_of(origin) as client:
        return await deployment.log_in(client, "dev@example.com")


async def _whose(origin: str, *headers: tuple[str, str]) -> str:
    """The token that NoETL is told, or the refusal."""
    answer = await ask(origin, ECHO, headers)
    if answer.status != 200:
        return answer.text
    return str(dict(answer.json["headers"])["x-session-token"])


async def test_line_03_bearer_comes_before_the_header_and_the_header_before_the_cookie(
    origin: str, alice: str, dev: str
) -> None:
    by_alice, by_dev = f"Bearer {alice}", f"session_token={dev}"
    assert await _whose(origin, ("X-Session-Token", dev), ("Authorization", by_alice)) == alice
    assert await _whose(origin, ("Cookie", by_dev), ("X-Session-Token", alice)) == alice
    assert await _whose(origin, ("Cookie", by_dev), ("Authorization", by_alice)) == alice
    assert await _whose(origin, ("Cookie", by_dev)) == dev


@pytest.mark.parametrize("authorization", ["bearer x", "BEARER x", "Basic eDp5", "Bearer", "Bearerx", "Token x"])
async def test_line_03_another_scheme_falls_through(origin: str, alice: str, authorization: str) -> None:
    assert await _whose(origin, ("Authorization", authorization), ("X-Session-Token", alice)) == alice
    assert await _whose(origin, ("Authorization", authorization)) == "Missing authentication token"


@pytest.mark.parametrize("bearer", ["not-a-session", " {alice}", "{alice}x"])
async def test_line_03_a_bearer_token_is_taken_as_it_stands(origin: str, alice: str, bearer: str) -> None:
    text = f"Bearer {bearer.replace('{alice}', alice)}"
    assert await _whose(origin, ("Authorization", text), ("X-Session-Token", alice)) == "Invalid or expired session"


@pytest.mark.parametrize(
    "cookie", ["a=1; session_token={}; b=2", "session_token={}", "a;session_token={}", " session_token={}"]
)
async def test_line_03_the_cookie_is_found_among_others(origin: str, alice: str, cookie: str) -> None:
    assert await _whose(origin, ("Cookie", cookie.format(alice))) == alice


@pytest.mark.parametrize(
    "cookie", ["Session_Token={}", "xsession_token={}", "session_tokens={}", "a=session_token={}"]
)
async def test_line_03_the_cookies_name_is_exact(origin: str, alice: str, cookie: str) -> None:
    assert await _whose(origin, ("Cookie", cookie.format(alice))) == "Missing authentication token"


async def test_line_03_only_the_first_cookie_header_counts(origin: str, alice: str) -> None:
    found = await _whose(origin, ("Cookie", "a=1"), ("Cookie", f"session_token={alice}"))
    assert found == "Missing authentication token"


async def test_line_03_the_gateway_sets_no_session_cookie(deployment: Deployment, gateway: httpx.AsyncClient) -> None:
    token = deployment.behind.issuer.issue("alice@example.com")
    reply = await gateway.post("/api/auth/login", json={"auth0_token": token})
    assert reply.status_code == 200
    assert "set-cookie" not in reply.headers


async def test_line_03_the_auth_routes_look_at_their_body_only(gateway: httpx.AsyncClient, alice: str) -> None:
    reply = await gateway.post("/api/auth/validate", json={"session_token": "not-a-session"})
    assert gateway.headers["authorization"] == f"Bearer {alice}"
    assert reply.json()["valid"] is False
