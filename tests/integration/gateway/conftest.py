import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from entrypoints.demo.ports import free_socket, origin_of
from entrypoints.demo.stack import BackEnds, DemoPorts, back_ends, gateway

pytestmark = pytest.mark.integration


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Back ends on the suite's NATS with buckets of this test's own, and gateways in front of them."""

    behind: BackEnds
    variables: Mapping[str, str]

    @asynccontextmanager
    async def gateway(self, **more: str) -> AsyncIterator[httpx.AsyncClient]:
        """One more replica, as a client that speaks to it."""
        async with (
            gateway(self.behind, free_socket(), {**self.variables, **more}) as url,
            httpx.AsyncClient(base_url=url, timeout=20) as client,
        ):
            yield client

    async def log_in(self, client: httpx.AsyncClient, email: str = "alice@example.com") -> str:
        reply = await client.post("/api/auth/login", json={"auth0_token": self.behind.issuer.issue(email)})
        assert reply.status_code == 200, reply.text
        token: str = reply.json()["session_token"]
        client.headers["authorization"] = f"Bearer {token}"
        return token


@asynccontextmanager
async def deployed(nats_url: str) -> AsyncIterator[Deployment]:
    unique = secrets.token_hex(4)
    sessions = f"sessions_{unique}"
    variables = {"NATS_SESSION_BUCKET": sessions, "NATS_REQUEST_BUCKET": f"requests_{unique}"}
    with free_socket() as nobody:
        nowhere = origin_of(nobody)
    async with back_ends(DemoPorts(), callback_url=nowhere, nats_url=nats_url, session_bucket=sessions) as behind:
        yield Deployment(behind=behind, variables=variables)


@pytest.fixture
async def deployment(nats_url: str) -> AsyncIterator[Deployment]:
    async with deployed(nats_url) as deployment:
        yield deployment
