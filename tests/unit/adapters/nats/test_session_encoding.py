import json
from pathlib import Path

import pytest

from adapters.nats.session_encoding import decode, encode
from domain.identity import Session, SessionToken, User

CAPTURES = Path(__file__).parents[3] / "fixtures" / "noetl-captures"


def a_token(text: str = "46d43dee4e2c3a47af4b75c00a048713") -> SessionToken:
    token = SessionToken.parse(text)
    assert token is not None
    return token


def test_the_value_has_the_seven_members_that_every_reader_expects() -> None:
    user = User(user_id=2**40, email="a@example.com", display_name="Ä", roles=("admin",))
    session = Session(
        token=a_token(), user=user, expires_at="2026-01-28 22:11:41.335589+00", ends_at=1769638301.335589
    )

    assert json.loads(encode(session)) == {
        "session_token": a_token().text,
        "user_id": 2**40,
        "email": "a@example.com",
        "display_name": "Ä",
        "expires_at": "2026-01-28 22:11:41.335589+00",
        "is_active": True,
        "roles": ["admin"],
    }
    assert decode(encode(session), a_token()) == session


def test_what_the_playbooks_left_in_the_bucket_is_read() -> None:
    captured = json.loads((CAPTURES / "kv_sessions_after_login.json").read_text())
    for text, entry in captured["entries"].items():
        session = decode(entry["raw"].encode(), a_token(text))

        assert session is not None and session.is_active
        assert session.user.email == entry["value"]["email"]
        assert session.expires_at == entry["value"]["expires_at"]


@pytest.mark.parametrize(
    "value", [b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b'{"user_id":1}', b"[" * 100_000], ids=range(8)
)
def test_what_is_no_session_is_none(value: bytes) -> None:
    assert decode(value, a_token()) is None


def test_a_session_under_another_token_is_none() -> None:
    session = Session(token=a_token("other"), user=User(user_id=1, email="a@example.com", display_name="A"))

    assert decode(encode(session), a_token()) is None
