"""Forged answers, forged tokens, floods."""

import asyncio
import json

import pytest
from tests.attacks.conftest import Target
from tests.integration.gateway.conftest import Deployment

pytestmark = pytest.mark.integration


async def test_without_the_internal_token_no_callback_is_taken(target: Target) -> None:
    body = {"request_id": "11111111-1111-4111-8111-111111111111", "data": {}}
    for path in ("callback", "callback/async", "progress"):
        for headers in ({}, {"authorization": "Bearer wrong"}, {"x-internal-token": "demo-callback-token"}):
            reply = await target.client.post(f"/api/internal/{path}", json=body, headers=headers)
            assert reply.status_code == 403


async def test_with_a_port_of_their_own_the_internal_routes_do_not_exist_in_public(deployment: Deployment) -> None:
    from entrypoints.demo.ports import free_port

    async with deployment.gateway(GATEWAY_INTERNAL_PORT=str(free_port())) as client:
        for path in ("/api/internal/callback", "/api/internal/callback/async", "/api/internal/progress"):
            assert (await client.post(path, json={})).status_code == 404
        assert (await client.get("/metrics")).status_code == 404


async def test_a_forged_login_callback_does_not_make_a_session(deployment: Deployment) -> None:
    """Whoever learns a request id still cannot choose the identity: the session is confirmed at NoETL (D1)."""
    deployment.behind.noetl.faults.callback_suppressed = True
    async with deployment.gateway(GATEWAY_INTERNAL_TOKEN="") as client:
        login = asyncio.create_task(
            client.post("/api/auth/login", json={"auth0_token": deployment.behind.issuer.issue("dev@example.com")})
        )
        request_id = await _request_id_of_a_login(deployment)
        deployment.behind.noetl.faults.callback_suppressed = False
        forged = {
            "status": "authenticated",
            "session_token": "attackers0choice0attackers0choice",
            "expires_at": "2030-01-01T00:00:00Z",
            "user": {"user_id": 1, "email": "dev@example.com", "display_name": "x", "roles": ["admin"]},
        }
        delivered = await client.post("/api/internal/callback", json={"request_id": request_id, "data": forged})
        assert delivered.json()["delivered"] is True
        reply = await login
        assert reply.status_code == 500
        stolen = await client.get("/noetl/health", headers={"x-session-token": "attackers0choice0attackers0choice"})
        assert stolen.status_code == 401


async def _request_id_of_a_login(deployment: Deployment) -> str:
    async with asyncio.timeout(10):
        while not (bodies := deployment.behind.noetl.requests.bodies("/api/execute")):
            await asyncio.sleep(0.02)
    found: str = json.loads(json.dumps(bodies[0]))["workload"]["request_id"]
    return found


async def test_another_subject_with_the_same_email_gets_a_user_and_clients_of_its_own(target: Target) -> None:
    issuer = target.deployment.behind.issuer
    token = issuer.issue("alice@example.com", sub="auth0|somebody-else")
    reply = await target.client.post("/api/auth/login", json={"auth0_token": token})
    first = await target.client.post("/api/auth/validate", json={"session_token": target.admin})
    if reply.status_code == 200:
        assert reply.json()["user"]["user_id"] != first.json()["user"]["user_id"]


async def test_a_hostile_address_or_agent_never_reaches_the_login_playbook(target: Target) -> None:
    token = target.deployment.behind.issuer.issue("alice@example.com")
    await target.client.post(
        "/api/auth/login",
        json={
            "auth0_token": token,
            "client_ip": "1.1.1.1'; DROP TABLE auth.users; --",
            "client_user_agent": "x'); DELETE FROM auth.sessions; {{ 7*7 }}",
        },
        headers={"x-forwarded-for": "9.9.9.9"},
    )
    (body,) = target.deployment.behind.noetl.requests.bodies("/api/execute")
    workload = json.loads(json.dumps(body))["workload"]
    assert workload["client_ip"] == "127.0.0.1"
    assert not set("'\";{}\\") & set(workload["client_user_agent"])


async def test_a_page_of_another_origin_cannot_use_the_users_cookie(target: Target) -> None:
    cookie = {"cookie": f"session_token={target.admin}"}
    foreign = {**cookie, "origin": "https://evil.example"}
    assert (
        await target.client.post("/noetl/execute", json={"path": "demo/quick"}, headers=foreign)
    ).status_code == 403
    assert (
        await target.client.post("/noetl/execute", json={"path": "demo/quick"}, headers=cookie)
    ).status_code == 403
    own = {**cookie, "origin": str(target.client.base_url).rstrip("/")}
    assert (await target.client.post("/noetl/execute", json={"path": "demo/quick"}, headers=own)).status_code == 200


async def test_a_ticket_opens_one_stream_and_no_second(target: Target) -> None:
    issued = await target.client.post("/api/events/ticket", headers={"x-session-token": target.admin})
    ticket = issued.json()["ticket"]
    async with target.client.stream("GET", f"/events?ticket={ticket}") as stream:
        assert "clientId" in await _first_data(stream.aiter_lines())
    async with target.client.stream("GET", f"/events?ticket={ticket}") as stream:
        assert "-32002" in await _first_data(stream.aiter_lines())


async def _first_data(lines: object) -> str:
    async for line in lines:  # type: ignore[attr-defined]
        if line.startswith("data: "):
            return str(line)
    raise AssertionError("no data")
