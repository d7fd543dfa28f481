import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.template_rules import Renderer, jinja_as_it_was, jinja_coerced, minijinja, native

from domain import lenient
from domain.identity import SessionToken, User
from domain.json_values import JsonObject, JsonValue

TOKEN = SessionToken("46d43dee4e2c3a47af4b75c00a048713", storable=True)
EXPIRES_AT = "2096-01-28 22:11:41.335589+00"
NOW = 1_800_000_000.0


def stored(**changes: JsonValue) -> JsonObject:
    fields: JsonObject = {
        "session_token": TOKEN.text,
        "user_id": 7,
        "email": "alice@example.com",
        "display_name": "Alice",
        "expires_at": EXPIRES_AT,
        "is_active": True,
        "roles": ["admin"],
    }
    return {**fields, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"user_id": "7"},
        {"is_active": "True"},
        {"is_active": "1"},
        {"is_active": 1},
        {"roles": "['admin']"},
        {"roles": "{admin}"},
        {"roles": '["admin"]'},
        {"roles": "admin"},
        {"session_token": None},
        {"expires_at": "2096-01-28T22:11:41.335589Z"},
        {"expires_at": None},
    ],
)
def test_what_playbooks_write_decodes_to_a_live_session(changes: JsonObject) -> None:
    session = lenient.decode_session(stored(**changes), TOKEN)

    assert session is not None
    assert session.is_live(NOW)
    assert session.user == User(user_id=7, email="alice@example.com", display_name="Alice", roles=("admin",))


@pytest.mark.parametrize("display_name", [None, "none", "None", "null", ""])
def test_without_a_display_name_the_email_is_shown(display_name: JsonValue) -> None:
    session = lenient.decode_session(stored(display_name=display_name), TOKEN)

    assert session is not None
    assert session.user.display_name == "alice@example.com"


@pytest.mark.parametrize(
    "changes",
    [
        {"is_active": False},
        {"is_active": "False"},
        {"is_active": None},
        {"expires_at": "2016-01-28 22:11:41.335589+00"},
        {"expires_at": "whenever"},
        {"expires_at": 1},
    ],
)
def test_expired_and_inactive_sessions_are_not_live(changes: JsonObject) -> None:
    session = lenient.decode_session(stored(**changes), TOKEN)

    assert session is not None
    assert not session.is_live(NOW)


def test_an_entry_that_does_not_say_that_it_is_active_is_not_live() -> None:
    fields = dict(stored())
    del fields["is_active"]

    session = lenient.decode_session(fields, TOKEN)

    assert session is not None
    assert not session.is_live(NOW)


def test_an_entry_without_roles_has_none() -> None:
    fields = dict(stored())
    del fields["roles"]

    session = lenient.decode_session(fields, TOKEN)

    assert session is not None
    assert session.user.roles == ()


@pytest.mark.parametrize(
    "value", [None, [], "text", 7, {}, stored(email=None), stored(user_id="x"), stored(user_id=None)]
)
def test_what_lacks_a_user_is_no_session(value: JsonValue) -> None:
    assert lenient.decode_session(value, TOKEN) is None


def test_an_entry_of_another_token_is_no_session() -> None:
    assert lenient.decode_session(stored(session_token="somebody-elses"), TOKEN) is None


def test_a_token_of_digits_may_have_become_a_number() -> None:
    token = SessionToken("12345678901234567890123456789012", storable=True)

    assert lenient.decode_session(stored(session_token=int(token.text)), token) is not None
    assert lenient.decode_session(stored(session_token=int(token.text) + 1), token) is None


def _is_plain(text: str) -> bool:
    """Workers themselves cannot tell text apart from what it spells; such names never come back as text."""
    try:
        json.loads(text)
    except ValueError:
        spells = text.strip().lower() in ("", "none", "null", "undefined", "true", "false") or text.strip().isdigit()
        return not spells and not text.startswith(("[", "{"))
    return False


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(_is_plain)


@pytest.mark.parametrize("render", [native, jinja_as_it_was, jinja_coerced, minijinja])
@given(
    token=st.one_of(
        st.from_regex(r"[a-df][0-9a-f]{31}", fullmatch=True), st.from_regex(r"[1-9][0-9]{31}", fullmatch=True)
    ),
    user=st.builds(
        User,
        user_id=st.integers(-(2**62), 2**62),
        email=st.just("alice@example.com"),
        display_name=WORDS,
        roles=st.lists(WORDS, max_size=3).map(tuple),
    ),
    is_active=st.booleans(),
)
def test_whatever_renders_a_session_it_decodes_to_the_same(
    render: Renderer, token: str, user: User, is_active: bool
) -> None:
    fields: JsonObject = {
        "session_token": token,
        "user_id": user.user_id,
        "email": user.email,
        "display_name": user.display_name,
        "expires_at": EXPIRES_AT,
        "is_active": is_active,
        "roles": list(user.roles),
    }
    rendered: JsonObject = {name: render(value) for name, value in fields.items()}

    session = lenient.decode_session(rendered, SessionToken(token, storable=True))

    assert session is not None
    assert session.user == user
    assert session.is_active is is_active
    assert (session.expires_at, session.ends_at) == (EXPIRES_AT, lenient.parse_expiry(EXPIRES_AT))


@pytest.mark.parametrize("render", [native, jinja_as_it_was, jinja_coerced, minijinja])
@given(
    user_id=st.integers(0, 2**62),
    display_name=st.none() | st.text(st.characters(codec="utf-8"), max_size=12),
    roles=st.lists(st.text(st.characters(codec="utf-8"), max_size=8), max_size=3),
)
def test_a_whole_user_may_be_rendered_as_one_value(
    render: Renderer, user_id: int, display_name: str | None, roles: list[str]
) -> None:
    user: JsonObject = {"user_id": user_id, "display_name": display_name, "email": "a@b.c", "roles": roles}

    decoded = lenient.user(render(user))

    assert decoded == lenient.user(user)
    assert decoded is not None
    assert decoded.user_id == user_id
