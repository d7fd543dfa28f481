"""A NoETL server with push listeners of every kind, and senders that know their secrets."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx
import msgspec
from tests.compatibility.upstream import Upstream, upstream
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.json_types import JsonObject, JsonValue

SECRET = "s3cret"
_LOOK_UP, _EXECUTE, _AUDIT = "/api/internal/ingress/", "/api/execute", "/api/events"


@dataclass(slots=True)
class Listeners:
    """`refusals`: how it answers a path instead. `keys`: the key set that it publishes at `/keys`."""

    far: Upstream
    configured: dict[str, JsonObject] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    keys: JsonValue = None
    execution_id: JsonValue = "766633604884463618"

    def add(self, name: str, verify: JsonObject, **more: JsonValue) -> str:
        self.configured[name] = {
            "listener": name,
            "catalog_path": f"subscriptions/{name}",
            "source": "webhook",
            "subscription_id": "766633604792188001",
            "verify": verify,
            "dispatch": {"playbook": "demo/quick", "payload_from": "message.json"},
            **more,
        }
        return name

    def forget(self) -> None:
        self.far.forget()
        self.far.answering = self.answer
        self.refusals.clear()
        self.execution_id = "766633604884463618"

    async def answer(self, request: Request) -> Response:
        for path, status in self.refusals.items():
            if request.path.startswith(path):
                return json_response({"error": "no", "status": status}, status=status)
        if request.path == "/keys":
            return json_response(self.keys)
        if request.path == _EXECUTE:
            return json_response({"execution_id": self.execution_id, "status": "started", "commands_generated": 1})
        if request.path == _AUDIT:
            return json_response({"status": "ok"})
        found = self.configured.get(unquote(request.path.removeprefix(_LOOK_UP)))
        return (
            json_response({"error": "unknown", "status": 404}, status=404) if found is None else json_response(found)
        )

    def orders(self) -> list[Any]:
        return [msgspec.json.decode(request.body) for request in self.far.requests if request.path == _EXECUTE]

    def audits(self) -> list[Any]:
        return [msgspec.json.decode(request.body) for request in self.far.requests if request.path == _AUDIT]

    def look_ups(self) -> list[Request]:
        return [request for request in self.far.requests if request.path.startswith(_LOOK_UP)]


@asynccontextmanager
async def listeners() -> AsyncIterator[Listeners]:
    async with upstream() as far:
        server = Listeners(far)
        far.answering = server.answer
        yield server


@dataclass(frozen=True, slots=True)
class Ingress:
    """NoETL's side and the senders' side."""

    noetl: Listeners
    edge: httpx.AsyncClient

    async def deliver(
        self, name: str, content: object, headers: Mapping[str, str] | list[tuple[str, str]] | None = None
    ) -> httpx.Response:
        """`content`: bytes as they are, anything else as JSON. `name`: percent-encoded."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.edge.post(f"/ingress/{name}", content=body, headers=headers)


@asynccontextmanager
async def ingress(deployment: Deployment, **more: str) -> AsyncIterator[Ingress]:
    """`{far}` in a variable is NoETL's origin."""
    async with listeners() as noetl:
        variables = {name: value.format(far=noetl.far.url) for name, value in more.items()}
        async with deployment.gateway(NOETL_BASE_URL=noetl.far.url, **variables) as edge:
            yield Ingress(noetl, edge)


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
