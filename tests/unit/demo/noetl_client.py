"""Talks to the simulated server as the gateway does."""

import asyncio
import base64
import time
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from entrypoints.demo.noetl.execution import Execution
from entrypoints.demo.noetl.server import SimulatedNoetl

AUTH0_DOMAIN = "login.example.com"
GATEWAY_URL = "http://gateway"
AUTH = "api_integration/auth0"


@dataclass
class NoetlClient:
    http: httpx.AsyncClient
    server: SimulatedNoetl

    async def execute(self, path: str, workload: Any = None, **more: Any) -> Execution:
        body = {"path": path, "workload": workload or {}, "resource_kind": "playbook", **more}
        reply = await self.http.post("/api/execute", json=body)
        assert reply.status_code == 200, reply.text
        execution = self.server.engine.find(str(reply.json()["execution_id"]))
        assert execution is not None
        return execution

    async def run(self, path: str, workload: Any = None, **more: Any) -> Execution:
        """Executes and waits for the end."""
        execution = await self.execute(path, workload, **more)
        assert execution.task is not None
        await asyncio.wait_for(asyncio.shield(execution.task), 5)
        return execution

    async def log_in(self, **claims: Any) -> str:
        """A session token, by the synchronous API."""
        body = {"auth0_token": unsigned_token(**claims), "auth0_domain": AUTH0_DOMAIN}
        reply = (await self.http.post("/api/auth/login", json=body)).json()
        token: str = reply["data"]["session_token"]
        return token

    async def until_started(self, execution: Execution) -> None:
        """Waits until the worker of the first step has reported that it began."""
        async with asyncio.timeout(5):
            while "step.enter" not in event_types(execution) or _last(execution) != "batch.completed":
                await asyncio.sleep(0.001)


def event_types(execution: Execution) -> list[str]:
    return [str(event["event_type"]) for event in execution.events]


def _last(execution: Execution) -> str:
    return event_types(execution)[-1]


def unsigned_token(**claims: Any) -> str:
    """What the login playbook gets to see; it never looks at the signature."""
    payload = {
        "iss": f"https://{AUTH0_DOMAIN}/",
        "sub": "auth0|1",
        "email": "alice@example.com",
        "name": "Alice Example",
        "exp": int(time.time()) + 60,
        **claims,
    }
    parts = (msgspec.json.encode({"alg": "RS256"}), msgspec.json.encode(payload), b"signature")
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
