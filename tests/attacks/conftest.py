"""One gateway with its back ends for each module: attacks leave nothing behind that another would notice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from tests.integration.gateway.conftest import Deployment, deployed

from entrypoints.demo.asgi.request import Request


@dataclass(frozen=True, slots=True)
class RawAnswer:
    status: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A gateway under attack, with an administrator's and a viewer's session."""

    deployment: Deployment
    client: httpx.AsyncClient
    admin: str
    viewer: str

    async def raw(self, request: bytes) -> RawAnswer:
        """Sends bytes that no client library would send; a connection that is just closed is status 0."""
        reader, writer = await asyncio.open_connection(self.client.base_url.host, self.client.base_url.port)
        try:
            writer.write(request)
            async with asyncio.timeout(15):
                answer = await reader.read()
        except ConnectionError:
            answer = b""
        finally:
            writer.close()
        status = int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0
        return RawAnswer(status, answer.decode("latin-1"))

    async def get(
        self, target: bytes, *headers: bytes, token: str | None = None, method: bytes = b"GET"
    ) -> RawAnswer:
        lines = [
            method + b" " + target + b" HTTP/1.1",
            b"Host: " + self.client.base_url.netloc,
            b"Connection: close",
            b"Authorization: Bearer " + (self.admin if token is None else token).encode(),
            *headers,
        ]
        return await self.raw(b"\r\n".join(lines) + b"\r\n\r\n")

    def forwarded(self) -> list[Request]:
        """What reached NoETL through the proxy, the gateway's own questions left out."""
        return [
            request
            for request in self.deployment.behind.noetl.requests
            if request.path not in ("/api/execute", "/api/catalog/resource")
        ]


@pytest.fixture(scope="module")
async def shared_target(nats_url: str) -> AsyncIterator[Target]:
    async with deployed(nats_url) as deployment, deployment.gateway() as client:
        admin = await deployment.log_in(client)
        viewer = await deployment.log_in(client, "viewer@example.com")
        del client.headers["authorization"]
        yield Target(deployment=deployment, client=client, admin=admin, viewer=viewer)


@pytest.fixture
def target(shared_target: Target) -> Target:
    shared_target.deployment.behind.noetl.requests.clear()
    shared_target.deployment.behind.noetl.faults.database_down = False
    return shared_target


@pytest.fixture
async def deployment(nats_url: str) -> AsyncIterator[Deployment]:
    """For attacks on gateways with other settings."""
    async with deployed(nats_url) as deployment:
        yield deployment
