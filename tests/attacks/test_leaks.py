"""Everything that a full run wrote, searched for what must not be in it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from entrypoints.demo.ports import free_port
from entrypoints.demo.stack import DemoPorts, back_ends

pytestmark = pytest.mark.integration

_PASSWORD = "nats-password-that-nobody-may-see"
_INTERNAL = "internal-token-that-nobody-may-see"


@asynccontextmanager
async def _gateway(variables: Mapping[str, str], log: Path) -> AsyncIterator[None]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "entrypoints",
            "serve",
            env={**os.environ, **variables},
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0


async def _until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if (await client.get("/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def _a_full_run(client: httpx.AsyncClient, good: str, bad: str) -> tuple[str, str]:
    """Logs in, fails to, streams, runs, fails upstream; the session token, and all that clients were told."""
    replies = [await client.post("/api/auth/login", json={"auth0_token": bad})]
    login = await client.post("/api/auth/login", json={"auth0_token": good})
    session: str = login.json()["session_token"]
    headers = {"authorization": f"Bearer {session}"}
    async with client.stream("GET", f"/events?session_token={session}") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data"):
                break
    replies += [
        await client.get("/noetl/health", headers=headers),
        await client.get("/noetl/health", headers={"authorization": "Bearer ../../secret"}),
        await client.post("/noetl/execute", json={"path": "no/such"}, headers=headers),
        await client.get("/noetl/demo/redirect?to=http://10.1.2.3/", headers=headers),
        await client.post("/graphql", json={"query": "{ health }"}, headers=headers),
        await client.post("/api/internal/callback", json={}, headers={"authorization": f"Bearer {_INTERNAL}x"}),
        await client.post("/api/auth/logout", headers=headers),
        await client.get("/metrics"),
        await client.get("/api/runtime/contract"),
    ]
    return session, "\n".join(reply.text for reply in replies)


async def test_no_secret_address_or_email_is_in_logs_answers_metrics_or_the_printed_settings(tmp_path: Path) -> None:
    log = tmp_path / "log"
    port = free_port()
    async with back_ends(DemoPorts(), callback_url=f"http://127.0.0.1:{port}") as behind:
        behind.noetl.faults.callback_delay = 0.05
        variables = {
            **behind.variables,
            "ROUTER_PORT": str(port),
            "GATEWAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "NATS_URL": behind.nats_url.replace("nats://", f"nats://gateway:{_PASSWORD}@"),
            "NOETL_INTERNAL_API_TOKEN": _INTERNAL,
            "GATEWAY_LOG_LEVEL": "info",
            "GATEWAY_LOG_FORMAT": "json",
        }
        good = behind.issuer.issue("alice@example.com")
        bad = behind.issuer.issue("mallory@example.com", exp=1)
        async with _gateway(variables, log), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await _until_ready(client)
            session, told = await _a_full_run(client, good, bad)
            assert "alice@example.com" not in told
        config = await _printed_settings(variables)
    written = log.read_text()
    assert "listening on" in written
    secrets = (session, good, bad, _PASSWORD, _INTERNAL, variables["GATEWAY_INTERNAL_TOKEN"])
    for place, text in (("log", written), ("answers", told), ("config", config)):
        for secret in secrets:
            assert secret not in text, place
    for text in (written, told):
        assert behind.noetl_url not in text
        assert "alice@example.com" not in text
        assert "mallory@example.com" not in text


async def _printed_settings(variables: Mapping[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "entrypoints",
        "config",
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()
