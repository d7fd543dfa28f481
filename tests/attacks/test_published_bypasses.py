"""Published bypasses of comparable proxies, tried here."""

import pytest
from tests.attacks.conftest import Target

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    "header",
    [b"X_User_Id: 1", b"x_user_email: admin@example.com", b"X-User_Roles: admin", b"X_Session_Token: stolen"],
)
async def test_headers_with_underscores_do_not_become_identities(target: Target, header: bytes) -> None:
    """oauth2-proxy CVE-2025-64484."""
    answer = await target.get(b"/noetl/demo/echo", header, token=target.viewer)
    assert answer.status == 200
    (request,) = target.forwarded()
    name, _, value = header.partition(b": ")
    read_as = name.lower().replace(b"_", b"-")
    assert all(value != got for key, got in request.headers if key.lower().replace(b"_", b"-") == read_as)


@pytest.mark.parametrize("header", [b"X-Forwarded-Uri", b"X-Original-URL", b"X-Rewrite-URL", b"X-Original-URI"])
async def test_a_claimed_address_decides_nothing(target: Target, header: bytes) -> None:
    """oauth2-proxy CVE-2026-40575: the protected path must not be judged by another one."""
    denied = await target.get(b"/noetl/internal/plugins", header + b": /noetl/health")
    assert denied.status == 403
    without_session = await target.get(b"/noetl/health", header + b": /health", token="")
    assert without_session.status == 401
    assert target.forwarded() == []


async def test_a_health_checks_user_agent_opens_nothing(target: Target) -> None:
    """oauth2-proxy GHSA-5hvv-m4w4-gf6v."""
    for agent in (b"GoogleHC/1.0", b"kube-probe/1.30", b"ELB-HealthChecker/2.0"):
        assert (await target.get(b"/noetl/health", b"User-Agent: " + agent, token="")).status == 401


@pytest.mark.parametrize(
    "path", [b"/noetl/health#/../internal/plugins", b"/noetl/internal/plugins#.css", b"/#/noetl/x"]
)
async def test_a_fragment_in_the_path_is_refused(target: Target, path: bytes) -> None:
    """oauth2-proxy GHSA-pxq7-h93f-9jrg."""
    assert (await target.get(path)).status == 400
    assert target.forwarded() == []


async def test_an_email_with_two_at_signs_is_nobody_else(target: Target) -> None:
    """oauth2-proxy GHSA-c5c4-8r6x-56w3: `alice@evil@good`."""
    token = target.deployment.behind.issuer.issue("alice@example.com@evil.example")
    reply = await target.client.post("/api/auth/login", json={"auth0_token": token})
    if reply.status_code == 200:
        assert reply.json()["user"]["email"] != "alice@example.com"
        assert "admin" not in reply.json()["user"]["roles"]


async def test_a_session_cannot_be_chosen_before_the_login(target: Target) -> None:
    """oauth2-proxy GHSA-f24x-5g9q-753f: a planted token is never what a login returns."""
    planted = "0123456789abcdef0123456789abcdef"
    token = target.deployment.behind.issuer.issue("alice@example.com")
    tokens = set()
    for _ in range(2):
        reply = await target.client.post(
            "/api/auth/login",
            json={"auth0_token": token, "session_token": planted},
            headers={"cookie": f"session_token={planted}", "x-session-token": planted},
        )
        tokens.add(reply.json()["session_token"])
    assert planted not in tokens
    assert len(tokens) == 2, "each login has a token of its own"
    assert (await target.get(b"/noetl/health", token=planted)).status == 401


@pytest.mark.parametrize(
    "path",
    [
        b"/noetl/health/../internal/plugins",
        b"/noetl/health/%2e%2e/internal/plugins",
        b"/noetl/health/%2E./internal/plugins",
        b"/noetl/x/..%2finternal%2fplugins",
        b"/noetl/x/..%5cinternal",
        b"/noetl/..;/internal/plugins",
        b"/noetl/%252e%252e/internal/plugins",
        b"/noetl/..%2f..%2fmetrics",
    ],
)
async def test_no_spelling_of_a_parent_leaves_the_api_or_reaches_what_is_closed(target: Target, path: bytes) -> None:
    """Oathkeeper GHSA-p224-6x5r-fjpm."""
    assert (await target.get(path)).status in (400, 403)
    assert target.forwarded() == []


async def test_one_sessions_answer_never_serves_another(target: Target) -> None:
    """Oathkeeper GHSA-4mq7-pvjg-xp2r: what is cached belongs to a token and a path, not to parts of them."""
    allowed = await target.client.post(
        "/noetl/execute", json={"path": "demo/steps"}, headers={"x-session-token": target.admin}
    )
    denied = await target.client.post(
        "/noetl/execute", json={"path": "demo/steps"}, headers={"x-session-token": target.viewer}
    )
    glued = await target.get(b"/noetl/health", token=f"{target.admin}{target.viewer}")
    assert (allowed.status_code, denied.status_code, glued.status) == (200, 403, 401)


@pytest.mark.parametrize(
    "header", [b"X-Forwarded-Proto: https", b"X-Forwarded-Host: internal", b"Forwarded: proto=https"]
)
async def test_a_forwarded_protocol_decides_nothing(target: Target, header: bytes) -> None:
    """Oathkeeper GHSA-vhr5-ggp3-qq85."""
    assert (await target.get(b"/noetl/internal/plugins", header)).status == 403
    assert (await target.get(b"/noetl/health", header, token="")).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        (b"X-Forwarded-For: 127.0.0.1", b"X-Forwarded-For: 10.0.0.1"),
        (b"x-forwarded-for: 127.0.0.1", b"X-FORWARDED-FOR: 127.0.0.1", b"X_Forwarded_For: 127.0.0.1"),
        (b"X-Real-Ip: 10.1.1.1", b"X-Real-IP: 10.1.1.1", b"CF-Connecting-IP: 10.1.1.1"),
        (b"X-Forwarded-Prefix: /admin", b"X-Forwarded-Method: DELETE", b"X-HTTP-Method-Override: DELETE"),
    ],
)
async def test_forwarding_headers_in_any_spelling_or_number_do_not_pass(
    target: Target, headers: tuple[bytes, ...]
) -> None:
    """Traefik CVE-2026-39858 and CVE-2026-35051."""
    assert (await target.get(b"/noetl/demo/echo", *headers)).status == 200
    (request,) = target.forwarded()
    for name, value in request.headers:
        plain = name.lower().replace(b"_", b"-")
        if plain.startswith((b"x-forwarded", b"x-real", b"cf-", b"x-http-method")):
            assert (plain, value) == (b"x-forwarded-for", b"127.0.0.1"), "the gateway's own word about the peer"
    assert sum(name.lower() == b"x-forwarded-for" for name, _ in request.headers) == 1


@pytest.mark.parametrize("claims", [{"iss": "http://127.0.0.1"}, {"iss": "https://evil.example/"}, {"iss": None}])
async def test_a_partial_or_foreign_issuer_is_refused(target: Target, claims: dict[str, str | None]) -> None:
    """PyJWT GHSA-75c5-xw7c-p5pm; `crit` (GHSA-752w-5fwx-jx9f) is attacked in tests/unit/adapters/auth0."""
    token = target.deployment.behind.issuer.issue("alice@example.com", **claims)
    reply = await target.client.post("/api/auth/login", json={"auth0_token": token})
    assert reply.status_code == 401
    assert target.deployment.behind.noetl.requests.to("/api/execute") == []
