from typing import Any

import pytest
from tests.unit.adapters.noetl.scripted_upstream import (
    Answer,
    ScriptedUpstream,
    Silence,
    recorded_request,
    replayed,
    says,
)
from tests.unit.demo.captures import capture

from adapters.noetl.api_client import NoetlApi
from adapters.noetl.session_authority import NoetlSessionAuthority
from domain.errors import (
    AuthBackEndFailed,
    AuthBackEndUnavailable,
    AuthReplyMalformed,
    CredentialsRejected,
    GatewayError,
    UpstreamMisbehaved,
    UpstreamSuspended,
    UpstreamTimedOut,
    UpstreamUnreachable,
)
from domain.identity import LoginAttempt, SessionToken, User
from domain.ports.session_authority import SessionAuthority

ATTEMPT = LoginAttempt(
    auth0_token="header.payload.signature",
    auth0_refresh_token="refresh",
    auth0_domain="tenant.example.test",
    session_duration_hours=12,
    client_ip="203.0.113.9",
    client_user_agent="agent/1",
)
TOKEN = SessionToken("cedcfc6eb93736393c4595c8f4df690c", True)


@pytest.fixture
def authority(api: NoetlApi) -> SessionAuthority:
    return NoetlSessionAuthority(api=api, credential="pg_auth")


def authenticated(**changes: object) -> Answer:
    """A login as the Rust server answers it: the same data that the login playbook calls back with."""
    data: dict[str, Any] = {**capture("login_ok_callback")["body"]["data"], **changes}
    return says({"status": "success", "data": {name: value for name, value in data.items() if value is not ...}})


async def test_a_login_passes_on_everything_that_the_client_said(
    authority: SessionAuthority, upstream: ScriptedUpstream
) -> None:
    upstream.script.append(authenticated())
    await authority.create(ATTEMPT)
    assert (upstream.only.method, upstream.only.target) == ("POST", "/api/auth/login")
    assert upstream.only.json == {
        "auth0_token": "header.payload.signature",
        "auth0_refresh_token": "refresh",
        "auth0_domain": "tenant.example.test",
        "session_duration_hours": 12,
        "client_ip": "203.0.113.9",
        "client_user_agent": "agent/1",
        "credential": "pg_auth",
    }


async def test_a_login_gives_a_session(authority: SessionAuthority, upstream: ScriptedUpstream) -> None:
    data = capture("login_ok_callback")["body"]["data"]
    upstream.script.append(authenticated())
    session = await authority.create(ATTEMPT)
    assert session.token.text == data["session_token"]
    assert session.user.email == data["user"]["email"]
    assert session.expires_at == data["expires_at"]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            says({"status": "error", "data": {"error": "Invalid JWT format", "message": "Token validation failed"}}),
            "Token validation failed: Invalid JWT format",
        ),
        (says({"status": "error", "data": {"message": " No "}}), "No"),
        (says({"status": "error"}), "Invalid credentials"),
        (says({}), "Invalid credentials"),
        (authenticated(status="inactive", message=..., error=...), "Authentication status: inactive"),
    ],
)
async def test_a_refused_token_is_refused_in_the_known_words(
    authority: SessionAuthority, upstream: ScriptedUpstream, answer: Answer, text: str
) -> None:
    upstream.script.append(answer)
    with pytest.raises(CredentialsRejected) as raised:
        await authority.create(ATTEMPT)
    assert str(raised.value) == text


async def test_database_trouble_is_nobodys_wrong_token(
    authority: SessionAuthority, upstream: ScriptedUpstream
) -> None:
    upstream.script.append(
        says({"status": "error", "data": {"error": "Database error", "message": "Failed to create session"}})
    )
    with pytest.raises(AuthBackEndUnavailable):
        await authority.create(ATTEMPT)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"status": ...}, "Login callback missing status field"),
        ({"session_token": ...}, "No session token returned"),
        ({"session_token": "a b"}, "No session token returned"),
        ({"user": ...}, "No user data returned"),
        ({"user": {"user_id": 1}}, "Invalid email"),
        ({"user": {"email": "a@b.test", "user_id": "x"}}, "Invalid user_id"),
        ({"expires_at": ...}, "Invalid expires_at"),
    ],
)
async def test_an_incomplete_login_answer_is_no_session(
    authority: SessionAuthority, upstream: ScriptedUpstream, changes: dict[str, object], text: str
) -> None:
    upstream.script.append(authenticated(**changes))
    with pytest.raises(AuthReplyMalformed) as raised:
        await authority.create(ATTEMPT)
    assert str(raised.value) == text


async def test_a_known_session_is_valid(authority: SessionAuthority, upstream: ScriptedUpstream) -> None:
    upstream.script.append(replayed("sync_validate_ok_python"))
    session = await authority.validate(TOKEN)
    assert session is not None
    assert session.token == TOKEN
    assert session.user == User(user_id=1, email="alice@example.com", display_name="Alice Example", roles=("admin",))
    assert session.expires_at == "2026-11-24 18:04:32.483477+00"
    recorded = recorded_request("sync_validate_ok_python")
    assert (upstream.only.target, upstream.only.json) == (recorded["path"], recorded["body"])


@pytest.mark.parametrize("recording", ["sync_validate_python", "sync_validate_unknown_python"])
async def test_an_unknown_session_is_none(
    authority: SessionAuthority, upstream: ScriptedUpstream, recording: str
) -> None:
    upstream.script.append(replayed(recording))
    assert await authority.validate(TOKEN) is None


@pytest.mark.parametrize(
    "answer",
    [
        says({"status": "error", "valid": False, "error": "pool at postgres://10.0.0.7 exhausted"}),
        says({"valid": False}),
        says({"status": "ok"}),
        says({"status": "ok", "valid": None}),
        says({"status": "ok", "valid": True}),
        says({"status": "ok", "valid": True, "user": "alice"}),
        says({"status": "ok", "valid": True, "user": {"user_id": 1, "email": "a@b.test"}, "expires_at": "soon"}),
    ],
)
async def test_an_answer_that_says_neither_yes_nor_no_logs_nobody_out(
    authority: SessionAuthority, upstream: ScriptedUpstream, answer: Answer
) -> None:
    upstream.script.append(answer)
    with pytest.raises(AuthBackEndUnavailable) as raised:
        await authority.validate(TOKEN)
    assert "postgres" not in str(raised.value)


@pytest.mark.parametrize(
    ("recording", "text"),
    [
        ("sync_validate_bad_credential_python", "Session validation (sync) failed: API request failed: 404"),
        ("sync_login_python", "Login (sync) failed: API request failed: 404"),
    ],
)
async def test_a_server_without_the_route_logs_nobody_out(
    authority: SessionAuthority, upstream: ScriptedUpstream, recording: str, text: str
) -> None:
    upstream.script.append(replayed(recording))
    with pytest.raises(AuthBackEndFailed) as raised:
        await (authority.create(ATTEMPT) if "login" in recording else authority.validate(TOKEN))
    assert str(raised.value) == text


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (UpstreamTimedOut(), AuthBackEndUnavailable),
        (UpstreamUnreachable("10.0.0.7"), AuthBackEndFailed),
        (UpstreamSuspended(), AuthBackEndFailed),
        (UpstreamMisbehaved(), AuthBackEndFailed),
        (Answer(body=b"<html>10.0.0.7</html>"), AuthBackEndFailed),
        (Answer(body=b"[]"), AuthBackEndFailed),
        (says({"error": "10.0.0.7"}, 401), AuthBackEndFailed),
        (says({"error": "10.0.0.7"}, 500), AuthBackEndFailed),
        (Answer(body=b"{", torn=UpstreamMisbehaved()), AuthBackEndFailed),
    ],
)
async def test_trouble_is_told_as_trouble_without_internals(
    authority: SessionAuthority, upstream: ScriptedUpstream, step: Answer | Exception, kind: type[GatewayError]
) -> None:
    upstream.script += [step, step]
    with pytest.raises(kind, match=r"^Login \(sync\) failed: ") as login:
        await authority.create(ATTEMPT)
    with pytest.raises(kind, match=r"^Session validation \(sync\) failed: ") as validation:
        await authority.validate(TOKEN)
    assert "10.0.0.7" not in f"{login.value} {validation.value}"


async def test_a_silent_server_is_unavailable_when_the_deadline_passes(
    hasty_api: NoetlApi, upstream: ScriptedUpstream
) -> None:
    upstream.script.append(Silence())
    with pytest.raises(AuthBackEndUnavailable):
        await NoetlSessionAuthority(api=hasty_api, credential="pg_auth").validate(TOKEN)
