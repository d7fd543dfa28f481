"""What answers to a login mean (wire 3.2), real ones included."""

import json

import pytest
from tests.unit.domain.recorded_answers import USER, callback, without

from domain.auth_replies import session_from_login
from domain.errors import AuthBackEndUnavailable, AuthReplyMalformed, CredentialsRejected
from domain.identity import SessionToken, User
from domain.json_values import JsonObject, JsonValue

TOKEN = SessionToken("46d43dee4e2c3a47af4b75c00a048713", storable=True)
ALICE = User(user_id=7, email="alice@example.com", display_name="Alice", roles=("admin",))
LOGIN: JsonObject = {
    "status": "authenticated",
    "session_token": TOKEN.text,
    "user": USER,
    "expires_at": "2096-11-24T18:04:15.313969+00:00",
}


@pytest.mark.parametrize(
    ("capture", "user"),
    [
        ("login_ok_callback", User(user_id=1, email="alice@example.com", display_name="Alice Example")),
        ("login_sql_quote_callback", User(user_id=2, email="o.brien@example.com", display_name="Pat O'Brien")),
    ],
)
def test_a_recorded_login_is_a_session(capture: str, user: User) -> None:
    status, data = callback(capture)

    session = session_from_login(status, data)

    assert session.user == user
    assert session.ends_at is not None
    assert session.is_live(session.ends_at - 1)
    assert isinstance(data, dict)
    assert (session.token.text, session.expires_at) == (data["session_token"], data["expires_at"])


@pytest.mark.parametrize(
    ("capture", "why"),
    [
        ("login_expired_callback", "Token validation failed: Token has expired"),
        ("login_garbage_callback", "Token validation failed: Invalid JWT format"),
        ("login_wrong_issuer_callback", "Token validation failed: Invalid token issuer"),
    ],
)
def test_a_recorded_refusal_says_why(capture: str, why: str) -> None:
    with pytest.raises(CredentialsRejected) as raised:
        session_from_login(*callback(capture))
    assert str(raised.value) == why


@pytest.mark.parametrize(
    "answer",
    [
        LOGIN,
        {**LOGIN, "user": json.dumps(USER)},
        {**LOGIN, "user": str(USER)},
        {**LOGIN, "user": {**USER, "user_id": "7"}},
        {**LOGIN, "user": {**USER, "user_id": 7.0, "roles": "['admin']"}},
        {**LOGIN, "is_active": "True"},
        json.dumps(LOGIN),
    ],
)
def test_a_login_may_be_rendered_by_either_worker(answer: JsonValue) -> None:
    session = session_from_login("success", answer)

    assert (session.token, session.user, session.is_active) == (TOKEN, ALICE, True)


def test_a_token_of_digits_may_have_become_a_number() -> None:
    assert session_from_login("success", {**LOGIN, "session_token": 123456}).token.text == "123456"


def test_an_account_that_is_not_active_has_no_active_session() -> None:
    assert not session_from_login("success", {**LOGIN, "is_active": "False"}).is_active


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (without(LOGIN, "status"), "Login callback missing status field"),
        ({}, "Login callback missing status field"),
        (None, "Login callback missing status field"),
        ("gibberish", "Login callback missing status field"),
        (without(LOGIN, "session_token"), "No session token returned"),
        ({**LOGIN, "session_token": ""}, "No session token returned"),
        ({**LOGIN, "session_token": "a b"}, "No session token returned"),
        (without(LOGIN, "user"), "No user data returned"),
        ({**LOGIN, "user": "none"}, "No user data returned"),
        ({**LOGIN, "user": without(USER, "email")}, "Invalid email"),
        ({**LOGIN, "user": {**USER, "email": "none"}}, "Invalid email"),
        ({**LOGIN, "user": without(USER, "user_id")}, "Invalid user_id"),
        ({**LOGIN, "user": {**USER, "user_id": "x"}}, "Invalid user_id"),
        (without(LOGIN, "expires_at"), "Invalid expires_at"),
        ({**LOGIN, "expires_at": ""}, "Invalid expires_at"),
        ({**LOGIN, "expires_at": "soon"}, "Invalid expires_at"),
    ],
)
def test_a_login_that_lacks_something_is_malformed(answer: JsonValue, text: str) -> None:
    with pytest.raises(AuthReplyMalformed) as raised:
        session_from_login("success", answer)
    assert str(raised.value) == text


@pytest.mark.parametrize(
    ("status", "answer", "text"),
    [
        ("error", {}, "Invalid credentials"),
        ("error", None, "Invalid credentials"),
        ("", {"message": "  ", "error": None}, "Invalid credentials"),
        ("error", {"message": " Token validation failed "}, "Token validation failed"),
        ("error", {"error": "expired"}, "expired"),
        ("error", {"message": "none", "error": "expired"}, "expired"),
        ("failed", {"message": "a", "error": "b"}, "a: b"),
        ("success", {"status": "inactive"}, "Authentication status: inactive"),
        ("success", {"status": "inactive", "message": "Account locked"}, "Account locked"),
    ],
)
def test_a_refused_login_has_its_reason(status: str, answer: JsonValue, text: str) -> None:
    with pytest.raises(CredentialsRejected) as raised:
        session_from_login(status, answer)
    assert str(raised.value) == text


@pytest.mark.parametrize(
    "answer",
    [{"error": "Database error", "message": "Failed to create session"}, {"message": "Failed to create session"}],
)
def test_trouble_with_the_database_is_nobodys_wrong_password(answer: JsonValue) -> None:
    with pytest.raises(AuthBackEndUnavailable):
        session_from_login("error", answer)
