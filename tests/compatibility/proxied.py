"""A gateway in front of an upstream that answers as told, and somebody who is logged in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.compatibility.raw_http import Answer, Fields, ask
from tests.compatibility.upstream import Upstream, upstream
from tests.integration.gateway.conftest import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxied:
    """`token` is an administrator's, `viewer` somebody's who may little."""

    origin: str
    far: Upstream
    token: str
    viewer: str

    async def ask(
        self, target: str | bytes, headers: Fields = (), *, method: str = "GET", body: bytes = b""
    ) -> Answer:
        """`target`: what follows `/noetl/`, as it is."""
        raw = target if isinstance(target, bytes) else target.encode("latin-1")
        return await ask(
            self.origin, b"/noetl/" + raw, [("X-Session-Token", self.token), *headers], method=method, body=body
        )


@asynccontextmanager
async def proxied(deployment: Deployment, **more: str) -> AsyncIterator[Proxied]:
    async with deployment.gateway() as usual:
        token = await deployment.log_in(usual)
        viewer = await deployment.log_in(usual, "viewer@example.com")
    async with upstream() as far, deployment.gateway(NOETL_BASE_URL=far.url, **more) as client:
        yield Proxied(origin=str(client.base_url).rstrip("/"), far=far, token=token, viewer=viewer)
