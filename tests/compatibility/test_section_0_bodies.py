"""Section 0: how bodies are read, and what is said of those that cannot be."""

import httpx
import pytest
from tests.compatibility.raw_http import ask

pytestmark = pytest.mark.integration

ROUTES = {
    "/api/auth/login": "auth0_token",
    "/api/auth/validate": "session_token",
    "/api/auth/check-access": "session_token",
    "/api/internal/callback": "request_id",
    "/api/internal/callback/async": "request_id",
    "/api/internal/progress": "request_id",
}
JSON = ("Content-Type", "application/json")
CAP, RESULT_CAP = 2 * 1024 * 1024, 16 * 1024 * 1024


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "text/json", ""])
async def test_section_0_another_content_type_is_415(origin: str, path: str, content_type: str | None) -> None:
    headers = [] if content_type is None else [("Content-Type", content_type)]
    answer = await ask(origin, path, headers, method="POST", body=b"{}")
    assert (answer.status, answer.text) == (415, "Expected request with `Content-Type: application/json`")
    assert answer.header("content-type") == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.noetl+json"],
)
async def test_section_0_json_by_any_name_is_json(origin: str, content_type: str) -> None:
    answer = await ask(origin, "/api/auth/login", [("Content-Type", content_type)], method="POST", body=b"{}")
    assert answer.status == 422


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff", b'{"a": nope}'])
async def test_section_0_bad_json_is_400(origin: str, path: str, body: bytes) -> None:
    answer = await ask(origin, path, [JSON], method="POST", body=body)
    assert answer.status == 400
    assert answer.text.startswith("Failed to parse the request body as JSON: ")
    assert answer.header("content-type") == "text/plain; charset=utf-8"


@pytest.mark.parametrize(("path", "member"), ROUTES.items())
async def test_section_0_a_missing_member_is_422_and_named(origin: str, path: str, member: str) -> None:
    """react-example takes 400, 401 and 422 of a login with `{}` for a healthy gateway."""
    answer = await ask(origin, path, [JSON], method="POST", body=b"{}")
    assert answer.status == 422
    assert answer.text.startswith(
        f"Failed to deserialize the JSON body into the target type: missing field `{member}`"
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/auth/login", b'{"auth0_token": 5}'),
        ("/api/auth/login", b'{"auth0_token": "t", "session_duration_hours": "8"}'),
        ("/api/auth/login", b'{"auth0_token": "t", "session_duration_hours": 2147483648}'),
        ("/api/auth/login", b'{"auth0_token": "t", "client_ip": 1}'),
        ("/api/auth/validate", b'{"session_token": null}'),
        ("/api/auth/validate", b"[]"),
        ("/api/auth/check-access", b'{"session_token": "t", "playbook_path": [], "permission_type": "x"}'),
        ("/api/internal/callback", b'{"request_id": {}}'),
        ("/api/internal/callback/async", b'{"request_id": "r", "error": {"code": 1}}'),
        ("/api/internal/progress", b'{"request_id": "r", "progress": {}}'),
    ],
)
async def test_section_0_another_shape_is_422(origin: str, path: str, body: bytes) -> None:
    answer = await ask(origin, path, [JSON], method="POST", body=body)
    assert answer.status == 422
    assert answer.text.startswith("Failed to deserialize the JSON body into the target type: ")


async def test_section_0_unknown_members_are_ignored(origin: str) -> None:
    body = b'{"session_token": "unknown-session", "playbook_name": "x", "later": {"more": []}}'
    answer = await ask(origin, "/api/auth/validate", [JSON], method="POST", body=body)
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/api/auth/login", "/api/auth/validate", "/api/auth/check-access"])
async def test_section_0_a_body_over_the_cap_is_413(origin: str, path: str) -> None:
    answer = await ask(origin, path, [JSON], method="POST", body=b" " * (CAP + 1))
    assert (answer.status, answer.text) == (413, "Failed to buffer the request body: length limit exceeded")


async def test_section_0_results_may_be_larger_than_anything_else(origin: str) -> None:
    """D37: a result over 2 MiB was refused, and lost."""
    small = b'{"request_id": "5a3c1a52-8ad1-4d8e-9d7e-3a4f6b1c2d3e", "data": "'
    fits = await ask(origin, "/api/internal/callback/async", [JSON], method="POST", body=small + b"x" * CAP + b'"}')
    assert fits.status == 404, "it was read: the request is unknown"
    over = await ask(
        origin, "/api/internal/callback/async", [JSON, ("Content-Length", str(RESULT_CAP + 1))], method="POST"
    )
    assert over.status == 413


async def test_section_0_a_session_that_is_not_live_is_no_error(gateway: httpx.AsyncClient) -> None:
    """Wire 3.3: nulls are present."""
    reply = await gateway.post("/api/auth/validate", json={"session_token": "0123456789abcdef"})
    assert (reply.status_code, reply.json()) == (
        200,
        {"valid": False, "user": None, "expires_at": None, "message": "Session is invalid or expired"},
    )


async def test_section_0_a_live_session_is_told_with_its_user(gateway: httpx.AsyncClient, alice: str) -> None:
    body = (await gateway.post("/api/auth/validate", json={"session_token": alice})).json()
    assert (body["valid"], body["message"]) == (True, "Session is valid")
    assert set(body) == {"valid", "user", "expires_at", "message"}
    assert set(body["user"]) == {"user_id", "email", "display_name", "roles"}
