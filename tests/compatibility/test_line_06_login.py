"""Line 6, login: success body, `Token validation failed: <reason>` 401, DB error 503, by drive and by sync API
(wire 3.1, 3.2, 3.5).
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.compatibility.drives import FOLDER, call_back, login_answer, session_of, started, unanswered
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.noetl.server import SimulatedNoetl

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=["drive", "sync"])
async def login_gateway(deployment: Deployment, request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """Tokens are not verified at the edge here, so that NoETL's own refusals show."""
    sync = str(request.param == "sync").lower()
    async with deployment.gateway(GATEWAY_AUTH0_VERIFY="off", NOETL_AUTH_SYNC=sync) as client:
        yield client


async def _log_in(client: httpx.AsyncClient, token: str, **more: object) -> httpx.Response:
    return await client.post("/api/auth/login", json={"auth0_token": token, **more})


async def test_line_06_a_login_answers_with_session_user_and_end(
    login_gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    reply = await _log_in(login_gateway, deployment.behind.issuer.issue("alice@example.com"))
    assert reply.status_code == 200
    body = reply.json()
    assert body["session_token"]
    assert body == {
        "status": "authenticated",
        "session_token": body["session_token"],
        "user": {
            "user_id": body["user"]["user_id"],
            "email": "alice@example.com",
            "display_name": "Alice Example",
            "roles": ["admin"],
        },
        "expires_at": body["expires_at"],
        "message": "Authentication successful",
    }
    assert isinstance(body["user"]["user_id"], int)
    assert isinstance(body["expires_at"], str)


@pytest.mark.parametrize("token", ["garbage", "a.b", "a.b.c"])
async def test_line_06_a_refused_token_is_401_with_the_reason(login_gateway: httpx.AsyncClient, token: str) -> None:
    reply = await _log_in(login_gateway, token)
    assert (reply.status_code, reply.json()) == (401, {"error": "Token validation failed: Invalid JWT format"})


async def test_line_06_database_trouble_is_503_and_not_401(
    login_gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    """D12."""
    noetl.faults.database_down = True
    reply = await _log_in(login_gateway, deployment.behind.issuer.issue("alice@example.com"))
    assert reply.status_code == 503
    assert list(reply.json()) == ["error"]


async def test_line_06_noetl_that_refuses_the_call_is_502(
    login_gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    noetl.faults.reply_status = 404
    reply = await _log_in(login_gateway, deployment.behind.issuer.issue("alice@example.com"))
    assert reply.status_code == 502
    assert reply.json()["error"].startswith(("Login playbook failed: Execute catalog", "Login (sync) failed: API"))


async def test_line_06_everything_that_the_client_said_is_passed_on(
    login_gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    """D51: duration, refresh token and user agent; the address is the peer's own (D17)."""
    token = deployment.behind.issuer.issue("alice@example.com")
    said = {
        "auth0_refresh_token": "refresh",
        "session_duration_hours": 4,
        "client_user_agent": "tests",
        "client_ip": "10.0.0.1",
    }
    assert (await _log_in(login_gateway, token, **said)).status_code == 200
    bodies: list[Any] = noetl.requests.bodies("/api/execute") + noetl.requests.bodies("/api/auth/login")
    passed = bodies[0].get("workload", bodies[0])
    assert {key: passed[key] for key in said} == {**said, "client_ip": "127.0.0.1"}
    assert passed["auth0_token"] == token


async def test_line_06_the_drives_variables_are_those_that_the_playbook_knows(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    """With `gateway_url`, so that the callback need not rely on the playbook's own default."""
    token = deployment.behind.issuer.issue("alice@example.com")
    assert (await _log_in(gateway, token)).status_code == 200
    body = await started(noetl, "auth0_login")
    workload = body["workload"]
    assert (body["path"], body["resource_kind"]) == (f"{FOLDER}/auth0_login", "playbook")
    assert set(body) == {"path", "workload", "resource_kind"}
    assert workload == {
        "auth0_token": token,
        "auth0_refresh_token": "",
        "auth0_domain": workload["auth0_domain"],
        "session_duration_hours": 8,
        "client_ip": "127.0.0.1",
        "client_user_agent": workload["client_user_agent"],
        "callback_subject": f"noetl.callbacks.{workload['request_id']}",
        "request_id": workload["request_id"],
        "gateway_url": str(gateway.base_url).rstrip("/"),
    }


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"status": None}, "Login callback missing status field"),
        ({"session_token": ""}, "No session token returned"),
        ({"user": None}, "No user data returned"),
        ({"user": {"user_id": 1}}, "Invalid email"),
        ({"user": {"email": "alice@example.com", "user_id": "x"}}, "Invalid user_id"),
        ({"expires_at": "whenever"}, "Invalid expires_at"),
    ],
)
async def test_line_06_an_incomplete_answer_is_500_and_says_what_is_missing(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl, other: dict[str, object], error: str
) -> None:
    reply = await _answered(gateway, deployment, noetl, login_answer(session_of(noetl), **other))
    assert (reply.status_code, reply.json()) == (500, {"error": error})


@pytest.mark.parametrize(
    ("status", "data", "error"),
    [
        ("error", {"error": "Bad", "message": "Worse"}, "Worse: Bad"),
        ("error", {"error": " Bad "}, "Bad"),
        ("error", {"message": "Worse"}, "Worse"),
        ("error", None, "Invalid credentials"),
        ("failed", {}, "Invalid credentials"),
        ("success", {"status": "mfa_required"}, "Authentication status: mfa_required"),
        ("success", {"status": "denied", "message": "No"}, "No"),
    ],
)
async def test_line_06_a_refusal_is_explained_in_the_known_words(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl, status: str, data: object, error: str
) -> None:
    reply = await _answered(gateway, deployment, noetl, data, status)
    assert (reply.status_code, reply.json()) == (401, {"error": error})


@pytest.mark.parametrize(
    "form",
    [
        lambda whole: {**whole, "user": {**whole["user"], "user_id": str(whole["user"]["user_id"])}},
        lambda whole: {**whole, "user": str(whole["user"])},
        lambda whole: {**whole, "user": {**whole["user"], "roles": "{admin}"}},
        lambda whole: str(whole),
    ],
    ids=["user id as text", "user as Python text", "roles of PostgreSQL", "all as Python text"],
)
async def test_line_06_an_answer_is_read_leniently(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl, form: Any
) -> None:
    """Wire 2.4."""
    session = session_of(noetl)
    plain = login_answer(session)
    profile = dict(session.account.profile_with_roles())
    reply = await _answered(gateway, deployment, noetl, form({**plain, "user": {**profile, "roles": ["admin"]}}))
    assert reply.status_code == 200, reply.text
    assert reply.json()["user"]["roles"] == ["admin"]
    assert reply.json()["user"]["user_id"] == session.account.user_id


async def test_line_06_an_account_that_is_switched_off_does_not_get_in(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    """D9: the original cached it as active without looking."""
    reply = await _answered(gateway, deployment, noetl, login_answer(session_of(noetl), is_active=False))
    assert reply.status_code == 401


async def _answered(
    gateway: httpx.AsyncClient, deployment: Deployment, noetl: SimulatedNoetl, data: object, status: str = "success"
) -> httpx.Response:
    """A login whose callback is this."""
    noetl.faults.callback_suppressed = True
    logging_in = asyncio.create_task(_log_in(gateway, deployment.behind.issuer.issue("alice@example.com")))
    order = await unanswered(noetl, "auth0_login")
    assert (await call_back(gateway, order, data, status))["delivered"] is True
    return await logging_in
