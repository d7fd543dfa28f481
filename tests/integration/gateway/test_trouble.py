import asyncio

import httpx
import pytest
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.nats_server import NatsServer
from entrypoints.demo.ports import free_port, free_socket
from entrypoints.demo.stack import DemoPorts, back_ends, gateway

pytestmark = pytest.mark.integration


async def _until_ready(client: httpx.AsyncClient, status: int) -> httpx.Response:
    async with asyncio.timeout(20):
        while (reply := await client.get("/ready")).status_code != status:
            await asyncio.sleep(0.05)
        return reply


async def test_without_nats_the_gateway_starts_says_so_and_recovers_when_nats_comes() -> None:
    port = free_port()
    async with NatsServer() as other, back_ends(DemoPorts(), nats_url=other.url) as behind:
        missing = {"NATS_URL": f"nats://127.0.0.1:{port}"}
        async with gateway(behind, free_socket(), missing) as url, httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/health")).status_code == 200
            not_ready = await _until_ready(client, 503)
            assert "NATS" in not_ready.json()["checks"]["nats"]
            async with NatsServer(port=port):
                await _until_ready(client, 200)


async def test_a_login_whose_callback_never_comes_is_503_and_its_execution_is_cancelled(
    deployment: Deployment,
) -> None:
    deployment.behind.noetl.faults.callback_suppressed = True
    async with deployment.gateway(AUTH_PLAYBOOK_TIMEOUT_SECS="1") as client:
        token = deployment.behind.issuer.issue("alice@example.com")
        reply = await client.post("/api/auth/login", json={"auth0_token": token})
    assert reply.status_code == 503
    assert reply.json() == {
        "error": "Login auth playbook did not complete within 1s; auth backend is busy. Please retry."
    }
    requests = deployment.behind.noetl.requests
    (cancel,) = [request.path for request in requests if request.path.endswith("/cancel")]
    assert requests.bodies(cancel) == [{"reason": "Gateway login timed out after 1s", "cascade": True}]


async def test_when_noetl_is_down_nobody_is_logged_out(deployment: Deployment) -> None:
    async with deployment.gateway() as client:
        await deployment.log_in(client)
        deployment.behind.noetl.faults.reply_status = 503
        unknown = await client.get("/noetl/health", headers={"authorization": "Bearer 0123456789abcdef"})
        assert unknown.status_code in (502, 503)
        assert "error" in unknown.json()
        proxied = await client.get("/noetl/health")
        assert proxied.status_code == 503, "the upstream's own answer passes"


@pytest.mark.parametrize("token", ["", ">", "*", "a b", ".x", "x" * 5000, "a\tb", "%00", "ü", "$KV.sessions.>"])
async def test_tokens_of_any_shape_are_401_and_never_a_server_error(deployment: Deployment, token: str) -> None:
    async with deployment.gateway() as client:
        for name, value in ((b"x-session-token", token.encode()), (b"cookie", b"session_token=" + token.encode())):
            reply = await client.get("/noetl/health", headers=[(name, value)])
            assert reply.status_code == 401
            assert reply.text in ("Invalid or expired session", "Missing authentication token")
        valid = await client.post("/api/auth/validate", json={"session_token": token})
        assert valid.json()["valid"] is False
