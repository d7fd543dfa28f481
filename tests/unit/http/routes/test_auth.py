"""Log in, validate, check access, log out (wire 3)."""

from ipaddress import ip_network
from typing import Any

import pytest
from tests.unit.domain.gateway import ALICE, PLAYBOOK, Gateway
from tests.unit.http.asking import JSON_TYPE, PEER, Answer, Fields, ask, post_json, served

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock
from domain.access import AccessDecision
from domain.errors import (
    AuthBackEndFailed,
    AuthBackEndUnavailable,
    AuthReplyMalformed,
    GatewayError,
    IdentityKeysUnavailable,
    IdentityNotConfigured,
)
from domain.identity import LoginAttempt, SessionToken
from entrypoints.http.asgi import AsgiApp
from entrypoints.http.gate import SessionGate
from entrypoints.http.rate_limit import RateLimit
from entrypoints.http.routes.auth import AuthUseCases, auth_routes

APP = b"https://app.example.test"
ALICE_JSON = {"user_id": 7, "email": "alice@example.com", "display_name": "Alice", "roles": ["viewer"]}
TEXT = b"text/plain; charset=utf-8"


@pytest.fixture
def app(gateway: Gateway, clock: ManualClock) -> AsgiApp:
    gate = SessionGate(
        authenticate=gateway.authenticate,
        origin_allowed=frozenset({APP}).__contains__,
        count=lambda outcome: None,
    )
    return served(
        *auth_routes(
            AuthUseCases(
                log_in=gateway.log_in,
                log_out=gateway.log_out,
                authenticate=gateway.authenticate,
                check_access=gateway.check_access,
            ),
            RateLimit(2, clock.monotonic),
            (ip_network("10.0.0.0/8"),),
            2048,
            gate.refuse_foreign_wishes,
        )
    )


async def log_in(app: AsgiApp, headers: Fields = (), **members: object) -> Answer:
    return await post_json(app, "/api/auth/login", {"auth0_token": "alice-jwt", **members}, headers)


def attempt(gateway: Gateway) -> LoginAttempt:
    (made,) = gateway.authority.attempts
    return made


async def test_a_login_gives_a_session(app: AsgiApp, gateway: Gateway) -> None:
    answer = await log_in(app)
    (session,) = gateway.authority.sessions.values()
    assert (answer.status, answer.header(b"content-type")) == (200, b"application/json")
    assert answer.json == {
        "status": "authenticated",
        "session_token": session.token.text,
        "user": ALICE_JSON,
        "expires_at": session.expires_at,
        "message": "Authentication successful",
    }
    assert answer.all(b"set-cookie") == []
    assert gateway.sessions.peek(session.token) == session


async def test_each_login_gives_another_token(app: AsgiApp) -> None:
    tokens = {(await log_in(app)).json["session_token"] for _ in range(3)}
    assert len(tokens) == 3


async def test_everything_that_the_client_says_is_passed_on(app: AsgiApp, gateway: Gateway) -> None:
    await log_in(
        app,
        auth0_refresh_token="refresh",
        auth0_domain="tenant.auth0.com",
        session_duration_hours=12,
        client_user_agent="my agent/1",
        client_ip="6.6.6.6",
        unknown=1,
    )
    assert attempt(gateway) == LoginAttempt(
        auth0_token="alice-jwt",
        auth0_refresh_token="refresh",
        auth0_domain="tenant.auth0.com",
        session_duration_hours=12,
        client_ip=PEER,
        client_user_agent="my agent/1",
    )


async def test_what_the_client_does_not_say_is_filled_in(app: AsgiApp, gateway: Gateway) -> None:
    await log_in(app, [(b"user-agent", b"curl/8")], auth0_refresh_token=None, auth0_domain=None)
    assert attempt(gateway) == LoginAttempt(
        auth0_token="alice-jwt",
        auth0_domain="tenant.auth0.com",
        client_ip=PEER,
        client_user_agent="curl/8",
    )


@pytest.mark.parametrize(
    ("client", "claimed", "used"),
    [
        ((PEER, 1), "6.6.6.6", PEER),
        ((PEER, 1), "'; DROP TABLE users--", PEER),
        (None, "198.51.100.1", "198.51.100.1"),
        (None, " 2001:db8::1 ", "2001:db8::1"),
        (None, "'; DROP TABLE users--", "0.0.0.0"),
        (None, "", "0.0.0.0"),
        (None, None, "0.0.0.0"),
    ],
)
async def test_the_address_of_the_client_is_the_one_that_was_seen(
    app: AsgiApp, gateway: Gateway, client: tuple[str, int] | None, claimed: str | None, used: str
) -> None:
    """It goes into SQL (D17)."""
    body = b'{"auth0_token":"alice-jwt"}' if claimed is None else b'{"auth0_token":"alice-jwt","client_ip":"%b"}'
    content = body if claimed is None else body % claimed.encode()
    await ask(app, "POST", "/api/auth/login", [JSON_TYPE], content, client=client)
    assert attempt(gateway).client_ip == used


@pytest.mark.parametrize(
    ("agent", "used"),
    [
        ("Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (X11 Linux)"),
        ("'); DROP TABLE users;--", ") DROP TABLE users--"),
        ("{{ lookup('x') }}", " lookup(x) "),
        ('a"b\\c`d\n\x00e', "abcde"),
        ("x" * 1500, "x" * 512),
        ("'", "unknown"),
    ],
)
async def test_the_user_agent_holds_nothing_that_means_anything_in_sql(
    app: AsgiApp, gateway: Gateway, agent: str, used: str
) -> None:
    await log_in(app, client_user_agent=agent)
    assert attempt(gateway).client_user_agent == used


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"auth0_token": "nobody"}, "The token is not acceptable."),
        ({"auth0_domain": "evil.example.test"}, "The token comes from another domain."),
    ],
)
async def test_a_token_that_is_not_accepted_is_a_401_in_json(
    app: AsgiApp, gateway: Gateway, members: dict[str, str], sentence: str
) -> None:
    answer = await log_in(app, (), **members)
    assert (answer.status, answer.json) == (401, {"error": sentence})
    assert gateway.authority.attempts == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AuthBackEndUnavailable("Login auth playbook did not complete within 12s"), 503),
        (AuthBackEndFailed("Login playbook failed: execute_catalog_entry: send"), 502),
        (AuthReplyMalformed("Invalid email"), 500),
    ],
)
async def test_trouble_behind_the_login_is_told_as_it_is(
    app: AsgiApp, gateway: Gateway, error: GatewayError, status: int
) -> None:
    gateway.authority.trouble = error
    answer = await log_in(app)
    assert (answer.status, answer.json) == (status, {"error": str(error)})
    assert (answer.header(b"retry-after") is not None) == (status == 503)


@pytest.mark.parametrize("error", [IdentityKeysUnavailable(), IdentityNotConfigured()])
async def test_trouble_with_the_identity_provider_is_a_503(
    app: AsgiApp, gateway: Gateway, error: GatewayError
) -> None:
    gateway.identity_provider.trouble = error
    answer = await log_in(app)
    assert (answer.status, answer.json) == (503, {"error": str(error)})


@pytest.mark.parametrize("hours", [2**31, -(2**31) - 1, 1.5, "8", None])
async def test_a_duration_that_is_no_int32_is_refused(app: AsgiApp, hours: object) -> None:
    assert (await log_in(app, session_duration_hours=hours)).status == 422


async def test_a_known_session_is_valid(app: AsgiApp, gateway: Gateway) -> None:
    session = await gateway.logged_in()
    answer = await post_json(app, "/api/auth/validate", {"session_token": session.token.text})
    assert (answer.status, answer.json) == (
        200,
        {"valid": True, "user": ALICE_JSON, "expires_at": session.expires_at, "message": "Session is valid"},
    )


@pytest.mark.parametrize("token", ["unknown", "", ">", "*", "a b", ".x", "x" * 600, "\r\n", "é"])
async def test_a_session_that_is_none_is_not_valid_with_status_200(app: AsgiApp, token: str) -> None:
    answer = await post_json(app, "/api/auth/validate", {"session_token": token})
    assert (answer.status, answer.json) == (
        200,
        {"valid": False, "user": None, "expires_at": None, "message": "Session is invalid or expired"},
    )


async def test_a_validation_that_nobody_can_make_is_no_verdict(app: AsgiApp, gateway: Gateway) -> None:
    gateway.authority.trouble = AuthBackEndUnavailable()
    answer = await post_json(app, "/api/auth/validate", {"session_token": "unknown"})
    assert (answer.status, answer.json) == (503, {"error": AuthBackEndUnavailable.default})


async def test_the_token_to_validate_is_only_looked_for_in_the_body(app: AsgiApp, gateway: Gateway) -> None:
    session = await gateway.logged_in()
    bearer = (b"authorization", f"Bearer {session.token.text}".encode())
    answer = await post_json(app, "/api/auth/validate", {"session_token": "unknown"}, [bearer])
    assert answer.json["valid"] is False


async def check(app: AsgiApp, token: str, **members: object) -> Answer:
    body = {"session_token": token, "playbook_path": PLAYBOOK, "permission_type": "execute", **members}
    return await post_json(app, "/api/auth/check-access", body)


async def test_allowed_and_denied_are_told_with_what_was_asked(app: AsgiApp, gateway: Gateway) -> None:
    token = (await gateway.logged_in()).token.text
    echo = {"playbook_path": PLAYBOOK, "permission_type": "execute"}
    answer = await check(app, token)
    assert (answer.status, answer.json) == (
        200,
        {"allowed": True, "user": None, **echo, "message": "Access granted to execute playbook"},
    )
    answer = await check(app, token, playbook_path="other")
    assert answer.json["allowed"] is False
    assert answer.json["message"] == "Access denied"


async def test_whom_noetl_names_is_named(app: AsgiApp, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def says(*_: object) -> AccessDecision:
        return AccessDecision(allowed=True, message="", user=ALICE)

    monkeypatch.setattr(gateway.access, "check", says)
    answer = await check(app, "token")
    assert (answer.json["user"], answer.json["message"]) == (ALICE_JSON, "Access check completed")


async def test_edit_is_what_noetl_calls_modify_and_is_echoed_as_edit(app: AsgiApp, gateway: Gateway) -> None:
    answer = await check(app, "token", permission_type="edit")
    assert gateway.access.asked == [(PLAYBOOK, "modify")]
    assert answer.json["permission_type"] == "edit"


async def test_an_access_check_that_nobody_can_make_is_no_decision(app: AsgiApp, gateway: Gateway) -> None:
    gateway.access.trouble = AuthBackEndUnavailable("Access check backend unavailable")
    answer = await check(app, "token")
    assert (answer.status, answer.json) == (503, {"error": "Access check backend unavailable"})


@pytest.mark.parametrize(
    ("path", "body", "missing"),
    [
        ("login", {}, "auth0_token"),
        ("validate", {}, "session_token"),
        ("check-access", {}, "session_token"),
        ("check-access", {"session_token": "t", "playbook_name": "p"}, "playbook_path"),
        ("check-access", {"session_token": "t", "playbook_path": "p"}, "permission_type"),
    ],
)
async def test_a_missing_field_is_named(app: AsgiApp, path: str, body: dict[str, object], missing: str) -> None:
    """A health probe of the clients posts `{}` to the login and wants a 4xx."""
    answer = await post_json(app, f"/api/auth/{path}", body)
    assert (answer.status, answer.header(b"content-type")) == (422, TEXT)
    assert answer.body.decode().endswith(f"missing field `{missing}`")


@pytest.mark.parametrize("path", ["login", "validate", "check-access"])
async def test_a_body_over_the_limit_is_refused(app: AsgiApp, path: str) -> None:
    answer = await ask(app, "POST", f"/api/auth/{path}", [JSON_TYPE], b'{"a":"%b"}' % (b"x" * 2048))
    assert answer.status == 413


async def statuses(app: AsgiApp, path: str, body: dict[str, object], times: int = 8) -> list[int]:
    return [(await post_json(app, path, body)).status for _ in range(times)]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/auth/login", {"auth0_token": "nobody"}),
        ("/api/auth/validate", {"session_token": "unknown"}),
        ("/api/auth/check-access", {"session_token": "t", "playbook_path": "p", "permission_type": "view"}),
        ("/api/auth/logout", {"session_token": "unknown"}),
    ],
)
async def test_whoever_asks_too_often_has_to_wait(
    app: AsgiApp, clock: ManualClock, path: str, body: dict[str, object]
) -> None:
    asked = await statuses(app, path, body)
    assert 429 not in asked[:6]
    assert asked[6:] == [429, 429]
    await clock.advance(0.5)
    assert (await statuses(app, path, body, 1)) != [429]


async def test_a_refusal_for_haste_says_when_to_come_back(app: AsgiApp) -> None:
    await statuses(app, "/api/auth/validate", {"session_token": "unknown"})
    answer = await post_json(app, "/api/auth/validate", {"session_token": "unknown"})
    assert (answer.status, answer.header(b"retry-after")) == (429, b"1")


async def test_a_session_that_is_known_here_may_be_validated_as_often_as_wished(
    app: AsgiApp, gateway: Gateway
) -> None:
    token = (await gateway.logged_in()).token.text
    assert await statuses(app, "/api/auth/validate", {"session_token": token}, 20) == [200] * 20


async def alive(gateway: Gateway, token: SessionToken) -> bool:
    return gateway.sessions.peek(token) is not None and not await gateway.revocations.is_revoked(token)


async def log_out(app: AsgiApp, headers: Fields = (), body: bytes = b"") -> Answer:
    return await ask(app, "POST", "/api/auth/logout", headers, body)


@pytest.mark.parametrize("by", ["bearer", "header", "body", "cookie"])
async def test_a_logout_ends_the_session_wherever_its_token_is(app: AsgiApp, gateway: Gateway, by: str) -> None:
    token = (await gateway.logged_in()).token
    headers: dict[str, Any] = {
        "bearer": [(b"authorization", f"Bearer {token.text}".encode())],
        "header": [(b"x-session-token", token.text.encode())],
        "body": [JSON_TYPE],
        "cookie": [(b"cookie", f"session_token={token.text}".encode()), (b"origin", APP)],
    }
    body = b'{"session_token":"%b"}' % token.text.encode() if by == "body" else b""
    answer = await log_out(app, headers[by], body)
    assert (answer.status, answer.json) == (200, {"status": "logged_out"})
    assert answer.header(b"set-cookie") == (b"session_token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict")
    assert not await alive(gateway, token)


@pytest.mark.parametrize("token", ["unknown", "a b", "\u00e9", ""])
async def test_a_logout_of_nobody_is_harmless(app: AsgiApp, token: str) -> None:
    assert (await post_json(app, "/api/auth/logout", {"session_token": token})).status == 200


async def test_a_logout_needs_a_token(app: AsgiApp) -> None:
    answer = await log_out(app)
    assert (answer.status, answer.body, answer.header(b"content-type")) == (
        401,
        b"Missing authentication token",
        TEXT,
    )
    assert (await log_out(app, [JSON_TYPE], b" ")).status == 401
    assert (await log_out(app, [JSON_TYPE], b"{}")).status == 422


async def test_the_body_of_a_logout_is_bounded(app: AsgiApp) -> None:
    assert (await log_out(app, [JSON_TYPE], b" " * 3000)).status == 413


@pytest.mark.parametrize("origin", [None, b"https://evil.example.test", b"null"])
async def test_another_sites_page_cannot_log_the_user_out(
    app: AsgiApp, gateway: Gateway, origin: bytes | None
) -> None:
    token = (await gateway.logged_in()).token
    headers = [(b"cookie", f"session_token={token.text}".encode())]
    answer = await log_out(app, headers if origin is None else [*headers, (b"origin", origin)])
    assert answer.status == 403
    assert await alive(gateway, token)


async def test_a_logout_that_is_not_recorded_is_not_confirmed(app: AsgiApp, gateway: Gateway, bus: MemoryBus) -> None:
    token = (await gateway.logged_in()).token
    bus.outage()
    answer = await post_json(app, "/api/auth/logout", {"session_token": token.text})
    assert (answer.status, answer.header(b"retry-after")) == (503, b"2")
