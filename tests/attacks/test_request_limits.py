"""What a request may be: its method, its host, its head, the size of its body."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.attacks.conftest import RawAnswer, Target
from tests.integration.gateway.conftest import deployed

from entrypoints.demo.stack import CALLBACK_TOKEN

pytestmark = pytest.mark.integration


@dataclass(frozen=True, slots=True)
class Limited:
    """A gateway with narrow limits."""

    target: Target

    async def post(self, path: str, size: int, *, announced: bool, headers: dict[str, str]) -> int:
        """The status of a JSON body of `size` bytes, with Content-Length or in chunks."""
        body = b'{"pad":"' + b"x" * (size - 10) + b'"}'

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 1000):
                yield body[start : start + 1000]

        content = body if announced else chunks()
        headers = {"content-type": "application/json", **headers}
        return (await self.target.client.post(path, content=content, headers=headers)).status_code

    async def raw(self, *lines: bytes) -> RawAnswer:
        return await self.target.raw(b"\r\n".join((*lines, b"connection: close", b"", b"")))


@pytest.fixture(scope="module")
async def limited(nats_url: str) -> AsyncIterator[Limited]:
    settings = {
        "GATEWAY_ALLOWED_HOSTS": "127.0.0.1,gateway.example.test,*.apps.example.test",
        "GATEWAY_REQUEST_RECEIPT_SECS": "0.4",
        "GATEWAY_MAX_BODY_BYTES": "2048",
        "GATEWAY_MAX_RESULT_BYTES": "4096",
        "GATEWAY_MAX_PROXY_BODY_BYTES": "3072",
        "GATEWAY_RATE_LIMIT_AUTH": "0",
    }
    async with deployed(nats_url) as deployment, deployment.gateway(**settings) as client:
        admin = await deployment.log_in(client)
        del client.headers["authorization"]
        yield Limited(Target(deployment=deployment, client=client, admin=admin, viewer=""))


_EVERYWHERE = [
    "/health",
    "/api/schema",
    "/api/auth/login",
    "/events",
    "/api/events/poll",
    "/graphql",
    "/noetl/health",
]
_EVERYWHERE += ["/ui/login.html", "/client/noetl-gateway-client.js", "/ingress/x", "/api/internal/callback"]


@pytest.mark.parametrize("path", _EVERYWHERE)
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "PROPFIND", "PURGE", "DEBUG", "LINK", "get"])
async def test_unusual_methods_are_refused_everywhere(target: Target, method: str, path: str) -> None:
    """TRACE above all, which would read back headers that scripts must not see."""
    answer = await target.get(path.encode(), method=method.encode())
    assert answer.status in (400, 405, 501)
    assert target.admin not in answer.text
    assert not target.forwarded()


@pytest.mark.parametrize("line", [b"CONNECT evil.example:443", b"CONNECT /noetl/health", b"CONNECT 127.0.0.1:4222"])
async def test_nobody_is_connected_to_anything(target: Target, line: bytes) -> None:
    answer = await target.raw(line + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert answer.status in (0, 400, 405, 501)
    assert not target.forwarded()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
@pytest.mark.parametrize("path", ["/health", "/ready", "/api/schema", "/events", "/ui/login.html", "/metrics"])
async def test_what_is_only_read_can_only_be_read(target: Target, method: str, path: str) -> None:
    reply = await target.client.request(method, path, headers={"x-session-token": target.admin})
    assert reply.status_code == 405
    assert method not in reply.headers["allow"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"gateway.example.test", 200),
        (b"GATEWAY.example.test.:8443", 200),
        (b"one.apps.example.test", 200),
        (b"apps.example.test", 421),
        (b"evil.example", 421),
        (b"gateway.example.test.evil.example", 421),
        (b"evilgateway.example.test", 421),
        (b"127.0.0.1@evil.example", 400),
        (b"gateway.example.test,evil.example", 400),
        (b"gateway.example.test:99999", 400),
        (b"", 400),
    ],
)
async def test_only_the_hosts_that_are_allowed_are_served(limited: Limited, host: bytes, status: int) -> None:
    answer = await limited.raw(b"GET /api/runtime/contract HTTP/1.1", b"host: " + host)
    assert answer.status == status


async def test_no_other_header_names_the_host(limited: Limited) -> None:
    others = [b"x-forwarded-host: gateway.example.test", b"forwarded: host=gateway.example.test"]
    foreign = await limited.raw(b"GET /api/schema HTTP/1.1", b"host: evil.example", *others)
    assert foreign.status == 421
    doubled = await limited.raw(b"GET /api/schema HTTP/1.1", b"host: 127.0.0.1", b"host: evil.example")
    assert doubled.status == 400
    absent = await limited.raw(b"GET /api/schema HTTP/1.1", b"x-host: 127.0.0.1")
    assert absent.status == 400
    absolute = await limited.raw(b"GET http://evil.example/api/schema HTTP/1.1", b"host: 127.0.0.1")
    assert absolute.status == 400


async def test_probes_are_answered_whatever_the_host(limited: Limited) -> None:
    for path in (b"/health", b"/ready"):
        assert (await limited.raw(b"GET " + path + b" HTTP/1.1", b"host: 10.1.2.3:8090")).status == 200


async def test_a_flood_of_headers_is_431(target: Target) -> None:
    many = [b"x-%d: 1" % number for number in range(120)]
    assert (await target.get(b"/health", *many)).status == 431
    assert (await target.get(b"/health", b"x: " + b"a" * 40_000)).status == 431
    assert (await target.get(b"/health?" + b"a" * 40_000)).status in (414, 431)
    assert (await target.get(b"/health", *many[:50])).status == 200


async def test_a_head_that_trickles_in_is_408(limited: Limited) -> None:
    url = limited.target.client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        writer.write(b"GET /health HTTP/1.1\r\n")
        async with asyncio.timeout(10):
            answer = asyncio.ensure_future(reader.read(65536))
            while not answer.done():
                writer.write(b"x-a: b\r\n")
                await asyncio.wait([answer], timeout=0.05)
    finally:
        writer.transport.abort()
    assert answer.result().startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(
    ("path", "cap", "status"),
    [
        ("/api/auth/login", 2048, 413),
        ("/api/auth/validate", 2048, 413),
        ("/api/auth/check-access", 2048, 413),
        ("/graphql", 2048, 413),
        ("/api/internal/callback", 4096, 413),
        ("/api/internal/callback/async", 4096, 413),
        ("/api/internal/progress", 4096, 413),
        ("/noetl/execute", 3072, 400),
        ("/noetl/no/such/route", 3072, 400),
    ],
)
async def test_bodies_have_a_cap_for_each_kind_of_route(
    limited: Limited, path: str, cap: int, status: int, announced: bool
) -> None:
    """The proxy's refusal is a 400 in the original's words (wire 7.1)."""
    if "internal" in path:
        headers = {"authorization": f"Bearer {CALLBACK_TOKEN}"}
    else:
        headers = {"x-session-token": limited.target.admin}
    within = await limited.post(path, cap, announced=announced, headers=headers)
    beyond = await limited.post(path, cap + 1, announced=announced, headers=headers)
    far_beyond = await limited.post(path, 60_000, announced=announced, headers=headers)
    assert within != 413
    if path != "/noetl/execute":
        assert within != beyond
    assert (beyond, far_beyond) == (status, status)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/auth/login", 413), ("/graphql", 413), ("/noetl/execute", 400), ("/noetl/no/such/route", 400)],
)
async def test_a_body_that_is_announced_as_too_large_is_refused_before_it_comes(
    limited: Limited, path: str, status: int
) -> None:
    answer = await limited.raw(
        b"POST " + path.encode() + b" HTTP/1.1",
        b"host: 127.0.0.1",
        b"content-type: application/json",
        b"content-length: 1000000000",
        b"x-session-token: " + limited.target.admin.encode(),
    )
    assert answer.status == status


async def test_a_logout_by_body_has_the_cap_too(limited: Limited) -> None:
    for announced in (True, False):
        assert await limited.post("/api/auth/logout", 2049, announced=announced, headers={}) == 413
