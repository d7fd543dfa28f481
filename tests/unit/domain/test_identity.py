import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identity import Identity, LoginAttempt, Session, SessionToken, User

USER = User(user_id=7, email="alice@example.com", display_name="Alice", roles=("admin",))


@pytest.mark.parametrize(
    "text", ["46d43dee4e2c3a47af4b75c00a048713", "test-session-token-12345", "a/b=c_d.e", "x" * 512]
)
def test_a_token_of_key_characters_may_be_stored(text: str) -> None:
    token = SessionToken.parse(text)

    assert token is not None
    assert token.storable
    assert token.text == text


@pytest.mark.parametrize(
    "text", [">", "*", ".x", "x.", "a..b", ".", "..", "a%b", "a>b", "$KV", "a:b", "(comment)", "~"]
)
def test_other_printable_tokens_may_be_asked_about_but_not_stored(text: str) -> None:
    token = SessionToken.parse(text)

    assert token is not None
    assert not token.storable


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a\r\nPING", "a\n", "a\t", "\x00", "\x7f", "ü", "🙂", "x" * 513, "x" * 5000, "\ud800"]
)
def test_everything_else_is_no_token(text: str) -> None:
    assert SessionToken.parse(text) is None


@given(st.text())
def test_what_may_be_stored_is_a_valid_key_of_the_message_store(text: str) -> None:
    token = SessionToken.parse(text)

    if token is not None and token.storable:
        assert re.fullmatch(r"[-/_=.A-Za-z0-9]{1,512}", text)
        assert not text.startswith(".")
        assert not text.endswith(".")
        assert ".." not in text


def test_secrets_and_addresses_appear_in_no_representation() -> None:
    token = SessionToken("s3cret", storable=True)
    attempt = LoginAttempt(auth0_token="jwt-s3cret", auth0_refresh_token="refresh-s3cret", auth0_domain="tenant")
    identity = Identity(issuer="https://tenant/", domain="tenant", subject="auth0|s3cret", email="s3cret@example.com")
    session = Session(token=token, user=User(user_id=7, email="s3cret@example.com", display_name="s3cret"))

    for holder in (token, attempt, identity, session, session.user):
        assert "s3cret" not in repr(holder)
        assert "s3cret" not in str(holder)


@pytest.mark.parametrize(
    ("ends_at", "is_active", "live"),
    [
        (None, True, True),
        (101.0, True, True),
        (100.0, True, False),
        (99.0, True, False),
        (None, False, False),
        (101.0, False, False),
    ],
)
def test_a_session_lives_while_it_is_active_and_has_not_ended(
    ends_at: float | None, is_active: bool, live: bool
) -> None:
    session = Session(token=SessionToken("t", storable=True), user=USER, ends_at=ends_at, is_active=is_active)

    assert session.is_live(100.0) is live


def test_one_of_the_wanted_roles_is_enough() -> None:
    assert USER.has_role("developer", "admin")
    assert not USER.has_role("developer")
    assert not USER.has_role()
