"""Line 11, `proxyRequest`: one NoETL API call inside GraphQL (wire 6, D8)."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.compatibility.runs import graphql
from tests.compatibility.upstream import Upstream, upstream
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.asgi.response import Response

pytestmark = pytest.mark.integration

QUERY = "mutation($input: ProxyRequestInput!) { proxyRequest(input: $input) { success data error } }"


@pytest.fixture(scope="module")
async def far() -> AsyncIterator[Upstream]:
    async with upstream() as server:
        yield server


@pytest.fixture(scope="module")
async def near(deployment: Deployment, far: Upstream) -> AsyncIterator[httpx.AsyncClient]:
    async with deployment.gateway() as usual:
        token = await deployment.log_in(usual)
    async with deployment.gateway(NOETL_BASE_URL=far.url) as client:
        client.headers["x-session-token"] = token
        yield client


async def _call(near: httpx.AsyncClient, method: str, endpoint: str, **more: object) -> Any:
    body = await graphql(near, QUERY, input={"method": method, "endpoint": endpoint, **more})
    return body["data"]["proxyRequest"] if body.get("data") else body["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("method", ["get", "GET", "Post", "PUT", "DELETE", "patch"])
async def test_line_11_the_method_is_sent_in_upper_case(near: httpx.AsyncClient, far: Upstream, method: str) -> None:
    far.forget()
    assert await _call(near, method, "/api/catalog/list?x=%2F") == {
        "success": True,
        "data": {"ok": True},
        "error": None,
    }
    assert (far.last.method, far.target) == (method.upper(), b"/api/catalog/list?x=%2F")


async def test_line_11_a_body_is_sent_as_json(near: httpx.AsyncClient, far: Upstream) -> None:
    far.forget()
    await _call(near, "POST", "/api/catalog/list", body={"big": 9007199254740993})
    assert far.last.body == b'{"big":9007199254740993}'
    assert far.sent("content-type") == ["application/json"]


async def test_line_11_other_methods_are_named_as_they_were_sent(near: httpx.AsyncClient) -> None:
    assert await _call(near, "Trace", "/api/health") == {
        "success": False,
        "data": None,
        "error": "Unsupported HTTP method: Trace",
    }


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (200, b'{"id": 9007199254740993}', {"success": True, "data": {"id": 9007199254740993}, "error": None}),
        (200, b"plain text", {"success": True, "data": {"data": "plain text"}, "error": None}),
        (201, b"", {"success": True, "data": {"data": ""}, "error": None}),
        (
            404,
            b'{"detail":"Not Found"}',
            {"success": False, "data": None, "error": "API call failed: 404 - Not Found"},
        ),
        (500, b"stack trace", {"success": False, "data": None, "error": "API call failed: 500"}),
    ],
    ids=str,
)
async def test_line_11_the_answer_is_told_with_every_digit_and_without_internals(
    near: httpx.AsyncClient, far: Upstream, status: int, content: bytes, expected: object
) -> None:
    far.answers(Response(status=status, body=content))
    assert await _call(near, "GET", "/api/things") == expected


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("@evil.example/x", "route_denied"),
        ("/metrics", "route_denied"),
        ("api/things", "route_denied"),
        ("/api/", "route_denied"),
        ("http://evil.example/api/x", "route_denied"),
        ("/api/../metrics", "path_refused"),
        ("/api/%2e%2e/metrics", "path_refused"),
        ("/api/internal/plugins", "route_denied"),
        ("/api/auth/login", "route_denied"),
        ("/api/Auth%2flogin", "route_denied"),
    ],
)
async def test_line_11_nothing_but_the_api_is_reached(
    near: httpx.AsyncClient, far: Upstream, endpoint: str, code: str
) -> None:
    """D8: base URL and endpoint were pasted together."""
    far.forget()
    assert await _call(near, "GET", endpoint) == code
    assert far.requests == []
