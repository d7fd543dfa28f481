"""Sections 0 and 1: exact routes, their methods, `HEAD`, and what a page gets that knocks at the wrong door."""

import pytest
from tests.compatibility.raw_http import ask

pytestmark = pytest.mark.integration

GET = ["/health", "/metrics", "/api/runtime/contract", "/events"]
POST = [
    "/api/auth/login",
    "/api/auth/validate",
    "/api/auth/check-access",
    "/api/internal/callback",
    "/api/internal/callback/async",
    "/api/internal/progress",
]
SOMEWHERE = [
    "/nowhere",
    "/",
    "/api",
    "/api/",
    "/api/auth",
    "/health/",
    "/Health",
    "//health",
    "/health/x",
    "/hea%6Cth",
]


async def test_section_1_health_says_ok(origin: str) -> None:
    answer = await ask(origin, "/health")
    assert (answer.status, answer.text) == (200, "ok")
    assert answer.header("content-type") == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", [*SOMEWHERE, *(f"{path}/" for path in POST), "/graphql/", "/events/", "/ingress/"])
async def test_section_1_an_unknown_path_is_an_empty_404(origin: str, path: str) -> None:
    answer = await ask(origin, path)
    assert (answer.status, answer.body) == (404, b"")
    assert answer.header("content-type") is None


@pytest.mark.parametrize("path", [*GET, *POST])
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
async def test_section_1_a_wrong_method_is_an_empty_405_that_names_the_right_ones(
    origin: str, path: str, method: str
) -> None:
    answer = await ask(origin, path, method=method)
    assert (answer.status, answer.body) == (405, b"")
    allowed = (answer.header("allow") or "").replace(" ", "").split(",")
    assert allowed == (["GET", "HEAD"] if path in GET else ["POST"])


@pytest.mark.parametrize("path", POST)
async def test_section_1_what_is_posted_cannot_be_got(origin: str, path: str) -> None:
    assert (await ask(origin, path)).status == 405


@pytest.mark.parametrize("path", ["/health", "/metrics", "/api/runtime/contract", "/events?session_token=x"])
async def test_section_1_head_works_where_get_does(origin: str, path: str) -> None:
    got, asked = await ask(origin, path), await ask(origin, path, method="HEAD")
    assert (asked.status, asked.body) == (got.status, b"")
    assert asked.header("content-type") == got.header("content-type")


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/api/executions/5/status", "/noetl/executions/5/status"),
        ("/api/executions", "/noetl/executions"),
        ("/api/execute", "/noetl/execute"),
        ("/api/catalog/list", "/noetl/catalog/list"),
    ],
)
async def test_section_1_a_page_at_the_wrong_door_is_told_the_right_one(origin: str, path: str, right: str) -> None:
    """Wire 14.5: a page once polled `/api/executions/..`, got 404 and nobody knew why."""
    answer = await ask(origin, path)
    assert answer.status == 404
    assert right in answer.json["error"]


@pytest.mark.parametrize("path", ["/api/subscriptions/x", "/api/run/playbook", "/login.html"])
async def test_section_1_what_only_old_documents_name_does_not_exist(origin: str, path: str) -> None:
    """D57."""
    assert (await ask(origin, path)).status == 404


async def test_section_1_the_graphql_page_is_html(origin: str) -> None:
    answer = await ask(origin, "/graphql", [("Accept", "text/html")])
    assert answer.status == 200
    assert answer.header("content-type") == "text/html; charset=utf-8"
