"""Sections 2.2 and 3.5: which flag leads to which question, and how its failures are told."""

import secrets
from typing import Any

import httpx
import pytest
from tests.compatibility.drives import FOLDER, session_of
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.noetl.server import SimulatedNoetl

pytestmark = pytest.mark.integration

VALIDATE, LOGIN, ACCESS = "/api/auth/session/validate", "/api/auth/login", "/api/auth/check-playbook-access"


@pytest.mark.parametrize(
    ("flags", "by_api"),
    [
        ({}, False),
        ({"NOETL_AUTH_SYNC": "true"}, True),
        ({"NOETL_AUTH_SYNC": "1"}, True),
        ({"GATEWAY_SESSION_VALIDATE_VIA_PLAYBOOK": "false"}, True),
        ({"GATEWAY_SESSION_VALIDATE_VIA_PLAYBOOK": "0"}, True),
        ({"GATEWAY_SESSION_VALIDATE_VIA_PLAYBOOK": "true", "NOETL_AUTH_SYNC": "false"}, False),
    ],
    ids=str,
)
async def test_section_3_a_session_that_is_not_cached_is_asked_for(
    deployment: Deployment, noetl: SimulatedNoetl, flags: dict[str, str], by_api: bool
) -> None:
    session = session_of(noetl)
    async with deployment.gateway(**flags) as gateway:
        known = await gateway.post("/api/auth/validate", json={"session_token": session.token})
        unknown = await gateway.post("/api/auth/validate", json={"session_token": secrets.token_hex(16)})
    assert known.json()["user"]["email"] == "alice@example.com"
    assert unknown.json()["valid"] is False
    assert len(noetl.requests.to(VALIDATE)) == (2 if by_api else 0)
    assert [_path(body) for body in noetl.requests.bodies("/api/execute")] == (
        [] if by_api else [f"{FOLDER}/auth0_validate_session"] * 2
    )
    if by_api:
        assert noetl.requests.bodies(VALIDATE)[0] == {"session_token": session.token, "credential": "pg_auth"}


def _path(body: Any) -> str:
    return str(body["path"])


async def test_section_3_the_synchronous_bodies_name_the_credential(
    deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    flags = {"NOETL_AUTH_SYNC": "true", "NOETL_AUTHZ_SYNC": "true"}
    async with deployment.gateway(**flags) as gateway:
        token = await deployment.log_in(gateway)
        question = {"session_token": token, "playbook_path": "demo/quick", "permission_type": "view"}
        await gateway.post("/api/auth/check-access", json=question)
    login: Any = noetl.requests.bodies(LOGIN)[0]
    assert login["credential"] == "pg_auth"
    assert noetl.requests.bodies(ACCESS) == [
        {"session_token": token, "playbook_path": "demo/quick", "action": "view", "credential": "pg_auth"}
    ]
    assert noetl.requests.to("/api/execute") == []


@pytest.mark.parametrize("status", [404, 500, 503])
async def test_section_3_a_refused_question_is_502_and_says_which(
    deployment: Deployment, noetl: SimulatedNoetl, status: int
) -> None:
    """2026-06: everybody was logged out when the route had gone (wire 14.5)."""
    async with deployment.gateway(NOETL_AUTH_SYNC="true", NOETL_AUTHZ_SYNC="true") as gateway:
        noetl.faults.reply_status = status
        token = deployment.behind.issuer.issue("alice@example.com")
        login = await gateway.post("/api/auth/login", json={"auth0_token": token})
        valid = await gateway.post("/api/auth/validate", json={"session_token": f"somebody-{status}"})
        proxied = await gateway.get("/noetl/health", headers={"x-session-token": f"other-{status}"})
        question = {"session_token": "x", "playbook_path": "p", "permission_type": "view"}
        access = await gateway.post("/api/auth/check-access", json=question)
    assert _told(login) == f"Login (sync) failed: API request failed: {status}"
    assert _told(valid) == _told(proxied) == f"Session validation (sync) failed: API request failed: {status}"
    assert _told(access) == f"Check access (sync) failed: API request failed: {status}"


def _told(reply: httpx.Response) -> str:
    assert reply.status_code == 502
    return str(reply.json()["error"])


async def test_section_3_silence_is_503_after_the_auth_deadline(
    deployment: Deployment, noetl: SimulatedNoetl
) -> None:
    """D16: the synchronous calls had two minutes, longer than any client waits."""
    noetl.faults.reply_delay = 1.5
    async with deployment.gateway(NOETL_AUTH_SYNC="true", AUTH_PLAYBOOK_TIMEOUT_SECS="0.3") as gateway:
        reply = await gateway.post("/api/auth/validate", json={"session_token": "somebody"})
    assert reply.status_code == 503
    assert list(reply.json()) == ["error"]
