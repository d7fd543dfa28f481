"""The login, validation and access playbooks (wire 3.2 to 3.4)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tests.unit.domain.auth_worker import answering, workload
from tests.unit.domain.gateway import PLAYBOOK, Gateway

from adapters.memory.clock import ManualClock
from domain.auth_playbooks import AuthPlaybookDrive, PlaybookAccessChecker, PlaybookSessionAuthority
from domain.errors import AuthBackEndUnavailable, CredentialsRejected
from domain.identity import LoginAttempt, SessionToken
from domain.json_values import JsonObject, JsonValue

USER: JsonObject = {"user_id": 7, "email": "alice@example.com", "display_name": "Alice", "roles": ["admin"]}
TOKEN = SessionToken("46d43dee4e2c3a47af4b75c00a048713", storable=True)


@pytest.fixture
async def drive(gateway: Gateway) -> AsyncIterator[AuthPlaybookDrive]:
    async with gateway.drive as drive:
        yield drive


@pytest.fixture
def authority(drive: AuthPlaybookDrive) -> PlaybookSessionAuthority:
    return PlaybookSessionAuthority(
        drive=drive, login_path="auth0/login", validate_path="auth0/validate", db_credential="pg_auth"
    )


async def test_a_login_hands_the_attempt_to_its_playbook(
    gateway: Gateway, authority: PlaybookSessionAuthority
) -> None:
    answering(
        gateway,
        {
            "status": "authenticated",
            "session_token": TOKEN.text,
            "user": USER,
            "expires_at": "2096-11-24T18:04:15.313969+00:00",
        },
    )
    attempt = LoginAttempt(auth0_token="jwt", auth0_domain="tenant.auth0.com", client_ip="192.0.2.7")

    session = await authority.create(attempt)

    assert (session.token, session.user.user_id) == (TOKEN, 7)
    [order] = gateway.runner.orders
    assert order.path == "auth0/login"
    assert {**workload(order), "request_id": "", "callback_subject": "", "gateway_url": ""} == {
        "auth0_token": "jwt",
        "auth0_refresh_token": "",
        "auth0_domain": "tenant.auth0.com",
        "session_duration_hours": 8,
        "client_ip": "192.0.2.7",
        "client_user_agent": "unknown",
        "request_id": "",
        "callback_subject": "",
        "gateway_url": "",
    }


async def test_a_refused_login_says_why(gateway: Gateway, authority: PlaybookSessionAuthority) -> None:
    answering(gateway, {"message": "Token validation failed", "error": "Token has expired"}, status="error")

    with pytest.raises(CredentialsRejected, match="Token validation failed: Token has expired"):
        await authority.create(LoginAttempt(auth0_token="jwt"))


async def test_a_validation_asks_for_one_token(gateway: Gateway, authority: PlaybookSessionAuthority) -> None:
    answering(gateway, {"valid": True, "user": USER, "expires_at": "2096-11-24 18:04:15.313969+00"})

    session = await authority.validate(TOKEN)

    assert session is not None
    assert session.token == TOKEN
    [order] = gateway.runner.orders
    assert order.path == "auth0/validate"
    assert workload(order)["session_token"] == TOKEN.text
    assert workload(order)["db_credential"] == "pg_auth"


async def test_an_unknown_session_is_none(gateway: Gateway, authority: PlaybookSessionAuthority) -> None:
    answering(gateway, {"valid": False, "message": "Session not found or expired"})

    assert await authority.validate(TOKEN) is None


@pytest.mark.parametrize(("data", "status"), [({"valid": False}, "error"), ({}, "success"), (None, "success")])
async def test_trouble_in_a_validation_is_never_an_unknown_session(
    gateway: Gateway, authority: PlaybookSessionAuthority, data: JsonValue, status: str
) -> None:
    answering(gateway, data, status)

    with pytest.raises(AuthBackEndUnavailable):
        await authority.validate(TOKEN)


async def test_access_is_asked_by_action(gateway: Gateway, drive: AuthPlaybookDrive) -> None:
    answering(gateway, {"allowed": True, "message": "Access granted to execute playbook"})
    checker = PlaybookAccessChecker(drive=drive, check_path="auth0/check")

    decision = await checker.check(TOKEN, PLAYBOOK, "execute")

    assert decision.allowed
    [order] = gateway.runner.orders
    assert order.path == "auth0/check"
    members = workload(order)
    assert (members["session_token"], members["playbook_path"], members["action"]) == (
        TOKEN.text,
        PLAYBOOK,
        "execute",
    )
    assert "db_credential" not in members


Call = Callable[[], Awaitable[object]]


@pytest.mark.parametrize(
    ("title", "name"),
    [("Login", "login"), ("Validate session", "validate_session"), ("Check access", "check_access")],
)
async def test_each_playbook_has_its_words_for_being_late(
    gateway: Gateway, drive: AuthPlaybookDrive, clock: ManualClock, title: str, name: str
) -> None:
    authority = PlaybookSessionAuthority(drive=drive, login_path="l", validate_path="v", db_credential="c")
    checker = PlaybookAccessChecker(drive=drive, check_path="c")
    calls: dict[str, Call] = {
        "login": lambda: authority.create(LoginAttempt(auth0_token="jwt")),
        "validate_session": lambda: authority.validate(TOKEN),
        "check_access": lambda: checker.check(TOKEN, PLAYBOOK, "execute"),
    }
    late = asyncio.ensure_future(calls[name]())
    await clock.advance(12)

    with pytest.raises(AuthBackEndUnavailable, match=f"^{title} auth playbook did not complete within 12s"):
        await late
    assert list(gateway.runner.cancelled.values()) == [f"Gateway {name} timed out after 12s"]
