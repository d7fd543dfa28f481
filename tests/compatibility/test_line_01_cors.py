"""Line 1: any `OPTIONS` 200 with the three allow headers; allow-origin echo on 200, 401, 404, 502 and on `/events`;
none for foreign origins (wire 0).
"""

import logging

import httpx
import pytest
from tests.compatibility.raw_http import Answer, ask
from tests.integration.gateway.conftest import Deployment

from entrypoints.demo.ports import free_socket, origin_of

pytestmark = pytest.mark.integration

PAGE = "http://localhost:3000"
FOREIGN = ["http://localhost:3000/", "http://LOCALHOST:3000", "https://localhost:3000", "http://evil.example", "null"]
PATHS = [
    "/health",
    "/graphql",
    "/events",
    "/noetl/executions",
    "/api/auth/login",
    "/api/internal/callback",
    "/nowhere",
]


def _vary(answer: Answer) -> str | None:
    return answer.header("vary")


@pytest.mark.parametrize("asked_for", [(), (("Access-Control-Request-Method", "POST"),)])
@pytest.mark.parametrize("path", PATHS)
async def test_line_01_any_options_request_is_answered_200_with_the_allow_headers(
    origin: str, path: str, asked_for: tuple[tuple[str, str], ...]
) -> None:
    answer = await ask(origin, path, (("Origin", PAGE), *asked_for), method="OPTIONS")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("access-control-allow-origin") == PAGE
    assert answer.header("access-control-allow-methods") == "GET,POST,PUT,DELETE,PATCH,OPTIONS"
    assert answer.header("access-control-allow-headers") == (
        "content-type,authorization,x-session-id,x-session-token,x-user-id,x-request-id"
    )
    assert answer.header("access-control-allow-credentials") == "true"
    assert _vary(answer) == "origin, access-control-request-method, access-control-request-headers"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/noetl/health", 401),
        ("POST", "/graphql", 401),
        ("GET", "/nowhere", 404),
        ("GET", "/api/executions/1", 404),
        ("GET", "/api/auth/login", 405),
        ("POST", "/api/auth/login", 415),
        ("GET", "/sharding/preview", 400),
    ],
)
async def test_line_01_the_origin_is_echoed_whatever_the_answer(
    origin: str, method: str, path: str, status: int
) -> None:
    answer = await ask(origin, path, [("Origin", PAGE)], method=method)
    assert answer.status == status
    assert answer.header("access-control-allow-origin") == PAGE
    assert answer.header("access-control-allow-credentials") == "true"
    assert _vary(answer) == "origin, access-control-request-method, access-control-request-headers"


async def test_line_01_the_origin_is_echoed_when_noetl_is_away(deployment: Deployment) -> None:
    """The incident of wire 14.5: a 502 without these headers looked like a CORS failure."""
    with free_socket() as nobody:
        nowhere = origin_of(nobody)
    async with deployment.gateway() as well:
        token = await deployment.log_in(well)
    async with deployment.gateway(NOETL_BASE_URL=nowhere) as cut_off:
        url = str(cut_off.base_url).rstrip("/")
        answer = await ask(url, "/noetl/health", [("Origin", PAGE), ("X-Session-Token", token)])
    assert answer.status == 502
    assert answer.header("access-control-allow-origin") == PAGE


@pytest.mark.parametrize("with_session", [True, False])
async def test_line_01_the_origin_is_echoed_on_streams(
    gateway: httpx.AsyncClient, alice: str, *, with_session: bool
) -> None:
    token = alice if with_session else "no-session"
    async with gateway.stream("GET", "/events", params={"session_token": token}, headers={"origin": PAGE}) as stream:
        assert stream.status_code == 200
        assert stream.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize("foreign", FOREIGN)
async def test_line_01_a_foreign_origin_is_served_but_not_named(origin: str, foreign: str) -> None:
    answer = await ask(origin, "/health", [("Origin", foreign)])
    assert (answer.status, answer.text) == (200, "ok")
    assert answer.all("access-control-allow-origin") == []
    assert answer.header("access-control-allow-credentials") == "true"


async def test_line_01_without_an_origin_nothing_is_named(origin: str) -> None:
    answer = await ask(origin, "/health")
    assert answer.all("access-control-allow-origin") == []
    assert _vary(answer) == "origin, access-control-request-method, access-control-request-headers"


async def test_line_01_a_rejected_origin_is_logged_and_counted(
    gateway: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Wire 14.5: a new page's origin was missing from the list, and nothing in the log said so."""
    before = await _rejected(gateway)
    with caplog.at_level(logging.WARNING):
        await gateway.get("/health", headers={"origin": "https://new-page.example"})
    assert await _rejected(gateway) == before + 1
    assert "https://new-page.example" in caplog.text


async def _rejected(gateway: httpx.AsyncClient) -> float:
    lines = (await gateway.get("/metrics")).text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("noetl_gateway_cors_rejected_total")))
