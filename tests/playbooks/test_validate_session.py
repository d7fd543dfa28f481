"""auth0_validate_session, from the workload that the gateway sends to what the gateway understands."""

import json
import time

import pytest
from tests.playbooks import hostile, identities
from tests.playbooks.answers import logged_in, validated
from tests.playbooks.catalog import load
from tests.playbooks.conftest import CapturedBodies
from tests.playbooks.database import Database
from tests.playbooks.runner import Outcome, run
from tests.playbooks.shapes import shape
from tests.playbooks.worker import Value, Worker

from domain.errors import AuthBackEndUnavailable
from domain.lenient import decode_session


@pytest.fixture
def token(worker: Worker, database: Database) -> str:
    """Of Alice, who has just logged in."""
    return logged_in(
        run(load("auth0_login"), identities.login(), worker=worker, database=database).callback
    ).token.text


def _validate(worker: Worker, database: Database, session_token: Value) -> Outcome:
    asked = {"session_token": session_token, "db_credential": "pg_auth", **identities.request()}
    return run(load("auth0_validate_session"), asked, worker=worker, database=database)


def test_a_live_session_is_valid_and_cached_again(
    token: str, worker: Worker, database: Database, captured: CapturedBodies
) -> None:
    outcome = _validate(worker, database, token)
    session = validated(outcome.callback, token)
    assert session is not None
    assert session.user.email == "alice@example.com"
    assert session.is_live(time.time())
    assert decode_session(json.loads(outcome.stored[token]), session.token) == session
    assert shape(outcome.callback) == shape(captured["validate_ok_callback"])


def test_it_says_the_same_as_the_login_said(worker: Worker, database: Database) -> None:
    login = logged_in(run(load("auth0_login"), identities.login(), worker=worker, database=database).callback)
    assert validated(_validate(worker, database, login.token.text).callback, login.token.text) == login


def test_new_roles_show_at_once(token: str, worker: Worker, database: Database) -> None:
    database.rows("INSERT INTO auth.user_roles (user_id, role_id) SELECT 1, role_id FROM auth.roles")
    session = validated(_validate(worker, database, token).callback, token)
    assert session is not None
    assert session.user.roles == ("admin", "analyst", "developer", "viewer")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE auth.sessions SET expires_at = now()",
        "UPDATE auth.sessions SET is_active = false",
        "UPDATE auth.users SET is_active = false",
        "DELETE FROM auth.sessions",
    ],
)
def test_what_has_ended_is_no_session(
    change: str, token: str, worker: Worker, database: Database, captured: CapturedBodies
) -> None:
    database.rows(change)
    outcome = _validate(worker, database, token)
    assert validated(outcome.callback, token) is None
    assert outcome.stored == {}
    assert {**outcome.callback, "request_id": None} == {**captured["validate_unknown_callback"], "request_id": None}


def test_whatever_is_presented_it_is_no_session(token: str, worker: Worker, database: Database) -> None:
    before = database.contents()
    for guess in (*hostile.EXAMPLES, "\x00", None, 7, 12345678901234567890, True, token.upper(), "%", "_" * 32):
        outcome = _validate(worker, database, guess)
        assert validated(outcome.callback, "x") is None
        assert outcome.stored == {}
    assert database.contents() == before


def test_a_stored_session_that_no_bucket_could_hold_is_no_session(
    token: str, worker: Worker, database: Database
) -> None:
    for name in (">", "*", "a b", "a.", ".a", "a..b", "{{7*7}}", "a'b", "a\nb"):
        quoted = name.replace("'", "''")
        database.rows(f"UPDATE auth.sessions SET session_token = '{quoted}'")
        outcome = _validate(worker, database, name)
        assert validated(outcome.callback, "x") is None
        assert outcome.stored == {}


def test_test_sessions_of_old_installations_are_valid(token: str, worker: Worker, database: Database) -> None:
    database.rows("UPDATE auth.sessions SET session_token = 'test-session-token-12345'")
    outcome = _validate(worker, database, "test-session-token-12345")
    assert validated(outcome.callback, "test-session-token-12345") is not None


def test_trouble_with_the_database_says_nothing_about_the_session(
    token: str, worker: Worker, database: Database
) -> None:
    database.rows("ALTER TABLE auth.users RENAME TO away")
    try:
        outcome = _validate(worker, database, token)
    finally:
        database.rows("ALTER TABLE auth.away RENAME TO users")
    assert outcome.callback["status"] == "error"
    with pytest.raises(AuthBackEndUnavailable):
        validated({**outcome.callback, "status": "success"}, token)
