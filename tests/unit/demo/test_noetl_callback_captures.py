"""The auth playbooks of the simulated server call back as the recorded ones did."""

import time
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.unit.demo.captures import capture
from tests.unit.demo.gateway_double import GatewayDouble
from tests.unit.demo.noetl_client import AUTH, AUTH0_DOMAIN, GATEWAY_URL, NoetlClient, unsigned_token
from tests.unit.demo.shapes import shape
from tests.unit.demo.transports import asgi_transport

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.noetl.server import SimulatedNoetl


@dataclass
class AuthRuns:
    """Runs an auth playbook for the request id of a recording and answers the body of its only callback."""

    client: NoetlClient
    gateway: GatewayDouble

    async def __call__(self, playbook: str, recorded: Any, **workload: Any) -> Any:
        request_id = recorded["body"]["request_id"]
        await self.client.run(
            f"{AUTH}/{playbook}", {**workload, "request_id": request_id, "gateway_url": GATEWAY_URL}
        )
        (request,) = self.gateway.requests
        assert_sent_as_recorded(request, recorded)
        (body,) = self.gateway.bodies("callback")
        return body


@pytest.fixture
def run_auth(client: NoetlClient, gateway: GatewayDouble) -> AuthRuns:
    return AuthRuns(client, gateway)


def assert_sent_as_recorded(request: Request, recorded: Any) -> None:
    assert (request.method, request.path) == (recorded["method"], recorded["path"])
    assert request.header("host") == httpx.URL(GATEWAY_URL).host
    assert request.header("content-type") == recorded["headers"]["Content-Type"]
    assert request.header("authorization") is None


@pytest.mark.parametrize("name", ["login_ok_callback", "login_sql_quote_callback"])
async def test_a_good_token_logs_in(run_auth: AuthRuns, name: str) -> None:
    recorded = capture(name)
    user = recorded["body"]["data"]["user"]
    token = unsigned_token(email=user["email"], name=user["display_name"])
    body = await run_auth("auth0_login", recorded, auth0_token=token, auth0_domain=AUTH0_DOMAIN)
    assert shape(body) == shape(recorded["body"])
    assert body["data"]["user"]["display_name"] == user["display_name"]
    assert len(body["data"]["session_token"]) == len(recorded["body"]["data"]["session_token"])
    assert len(body["data"]["expires_at"]) == len(recorded["body"]["data"]["expires_at"])


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("login_expired_callback", lambda: unsigned_token(exp=int(time.time()) - 1)),
        ("login_garbage_callback", lambda: "no-token-at-all"),
        ("login_garbage_callback", lambda: "a.b.c"),
        ("login_wrong_issuer_callback", lambda: unsigned_token(iss="https://other.example.com/")),
    ],
)
async def test_a_bad_token_is_refused_word_for_word(run_auth: AuthRuns, name: str, token: Any) -> None:
    recorded = capture(name)
    body = await run_auth("auth0_login", recorded, auth0_token=token(), auth0_domain=AUTH0_DOMAIN)
    assert body == recorded["body"]


async def test_a_live_session_is_valid(client: NoetlClient, run_auth: AuthRuns) -> None:
    recorded = capture("validate_ok_callback")
    token = await client.log_in()
    body = await run_auth("auth0_validate_session", recorded, session_token=token)
    assert shape(body) == shape(recorded["body"])
    assert " " in body["data"]["expires_at"]
    assert body["data"]["expires_at"].endswith("+00")


async def test_the_session_of_an_inactive_user_is_not_valid(client: NoetlClient, run_auth: AuthRuns) -> None:
    recorded = capture("validate_inactive_callback")
    token = await client.log_in(email="inactive@example.com", sub="auth0|9")
    body = await run_auth("auth0_validate_session", recorded, session_token=token)
    assert body == recorded["body"]


@pytest.mark.parametrize("end", ["revoke", "expire"])
async def test_an_ended_session_is_not_valid(client: NoetlClient, run_auth: AuthRuns, end: str) -> None:
    recorded = capture("validate_inactive_callback")
    token = await client.log_in()
    getattr(client.server.accounts, end)(token)
    body = await run_auth("auth0_validate_session", recorded, session_token=token)
    assert body == recorded["body"]


async def test_an_unknown_session_is_not_valid(run_auth: AuthRuns) -> None:
    recorded = capture("validate_unknown_callback")
    body = await run_auth("auth0_validate_session", recorded, session_token="nope")
    assert body == recorded["body"]


async def test_an_administrator_is_granted_access(client: NoetlClient, run_auth: AuthRuns) -> None:
    recorded = capture("access_granted_admin_callback")
    token = await client.log_in()
    body = await _check(run_auth, recorded, token)
    assert body == recorded["body"]


async def test_a_user_without_role_is_denied_access(client: NoetlClient, run_auth: AuthRuns) -> None:
    recorded = capture("access_denied_no_role_callback")
    token = await client.log_in(email="nobody@example.com", sub="auth0|2")
    body = await _check(run_auth, recorded, token)
    assert body == recorded["body"]


async def test_nobody_is_denied_access(run_auth: AuthRuns) -> None:
    recorded = capture("access_no_session_callback")
    body = await _check(run_auth, recorded, "nope")
    assert body == recorded["body"]


async def test_a_workload_without_gateway_url_calls_the_default_gateway(
    client: NoetlClient, gateway: GatewayDouble
) -> None:
    await client.run(f"{AUTH}/auth0_validate_session", {"session_token": "nope", "request_id": "r"})
    assert gateway.requests[0].header("host") == "default-gateway"


async def test_the_internal_token_goes_along(gateway: GatewayDouble) -> None:
    transport = asgi_transport(gateway)
    async with SimulatedNoetl(callback_transport=transport, internal_token="internal") as noetl:
        http = httpx.AsyncClient(transport=asgi_transport(noetl), base_url="http://noetl")
        async with http:
            await NoetlClient(http, noetl).run(
                f"{AUTH}/check_playbook_access", {"request_id": "r", "gateway_url": GATEWAY_URL}
            )
    assert gateway.requests[0].header("authorization") == "Bearer internal"


async def _check(run_auth: AuthRuns, recorded: Any, token: str) -> Any:
    data = recorded["body"]["data"]
    return await run_auth(
        "check_playbook_access",
        recorded,
        session_token=token,
        playbook_path=data["playbook_path"],
        action=data["permission_type"],
    )
