"""check_playbook_access, from the workload that the gateway sends to what the gateway understands."""

import pytest
from tests.playbooks import hostile, identities
from tests.playbooks.answers import decided, logged_in
from tests.playbooks.catalog import load
from tests.playbooks.conftest import CapturedBodies
from tests.playbooks.database import Database
from tests.playbooks.runner import Outcome, run
from tests.playbooks.worker import Value, Worker

from domain.errors import AuthBackEndUnavailable

_LOGIN = "api_integration/auth0/auth0_login"


@pytest.fixture
def token(worker: Worker, database: Database) -> str:
    """Of Alice, who has just logged in and has no role."""
    return logged_in(
        run(load("auth0_login"), identities.login(), worker=worker, database=database).callback
    ).token.text


def _give(database: Database, role: str) -> None:
    database.rows(
        f"INSERT INTO auth.user_roles (user_id, role_id) SELECT 1, role_id FROM auth.roles WHERE role_name = '{role}'"
    )


def _ask(
    worker: Worker, database: Database, token: Value, path: Value = "data/report", action: Value = "execute"
) -> Outcome:
    asked = {"session_token": token, "playbook_path": path, "action": action, **identities.request()}
    return run(load("check_playbook_access"), asked, worker=worker, database=database)


def test_a_grant_to_a_role_of_the_user_allows(
    token: str, worker: Worker, database: Database, captured: CapturedBodies
) -> None:
    _give(database, "admin")
    outcome = _ask(worker, database, token, "fixtures/playbooks/hello_world")
    decision = decided(outcome.callback)
    assert decision.allowed
    assert decision.user is not None
    assert decision.user.email == "alice@example.com"
    recorded = captured["access_granted_admin_callback"]
    assert {**outcome.callback, "request_id": None} == {**recorded, "request_id": None}


def test_no_role_is_no_access(token: str, worker: Worker, database: Database, captured: CapturedBodies) -> None:
    outcome = _ask(worker, database, token, "fixtures/playbooks/hello_world")
    assert not decided(outcome.callback).allowed
    recorded = captured["access_denied_no_role_callback"]
    assert {**outcome.callback, "request_id": None} == {**recorded, "request_id": None}


def test_no_session_is_no_access(worker: Worker, database: Database, captured: CapturedBodies) -> None:
    outcome = _ask(worker, database, "unknown", "x/y")
    assert {**outcome.callback, "request_id": None} == {**captured["access_no_session_callback"], "request_id": None}


@pytest.mark.parametrize(
    ("role", "path", "allowed"),
    [
        ("admin", "anything/at/all", {"execute", "view", "modify", "edit"}),
        ("developer", "anything/at/all", {"execute", "view", "modify", "edit"}),
        ("developer", "system/projector", set()),
        ("analyst", "data/report", {"execute", "view"}),
        ("analyst", "other/report", {"view"}),
        ("viewer", "data/report", {"view"}),
        ("admin", _LOGIN, set()),
        ("admin", "API_INTEGRATION/auth0/auth0_login", set()),
        ("admin", "/api_integration/auth0/auth0_login", set()),
        ("admin", "api_integration/./auth0/auth0_login", set()),
        ("admin", "x/../api_integration/auth0/auth0_login", set()),
        ("admin", "api_integration//auth0/auth0_login", set()),
        ("admin", " api_integration/auth0/auth0_login", set()),
        ("admin", f"{_LOGIN}\n", set()),
        ("admin", "api_integration/auth0/user_management", {"execute", "view"}),
        ("developer", "api_integration/auth0/user_management", set()),
        ("admin", "Ärger/mit Umlauten", {"execute", "view", "modify", "edit"}),
        ("admin", "", set()),
    ],
)
def test_the_seeded_roles_may_do_what_the_guide_says(
    role: str, path: str, allowed: set[str], token: str, worker: Worker, database: Database
) -> None:
    _give(database, role)
    actions = ("execute", "view", "modify", "edit", "EXECUTE")
    assert {
        action for action in actions if decided(_ask(worker, database, token, path, action).callback).allowed
    } == allowed


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE auth.sessions SET expires_at = now()",
        "UPDATE auth.sessions SET is_active = false",
        "UPDATE auth.users SET is_active = false",
        "UPDATE auth.user_roles SET expires_at = now()",
        "DELETE FROM auth.user_roles",
    ],
)
def test_access_ends_with_the_session_the_user_and_the_role(
    change: str, token: str, worker: Worker, database: Database
) -> None:
    _give(database, "admin")
    assert decided(_ask(worker, database, token).callback).allowed
    database.rows(change)
    assert not decided(_ask(worker, database, token).callback).allowed


def test_another_subject_with_the_same_email_has_no_access(token: str, worker: Worker, database: Database) -> None:
    _give(database, "admin")
    stranger = run(
        load("auth0_login"),
        identities.login(identities.token(sub="github|mallory")),
        worker=worker,
        database=database,
    )
    assert not decided(_ask(worker, database, logged_in(stranger.callback).token.text).callback).allowed


@pytest.mark.parametrize("place", ["path", "action", "token"])
def test_whatever_is_asked_nothing_is_allowed_by_it(
    place: str, token: str, worker: Worker, database: Database
) -> None:
    if place != "path":  # a path may be anything, and an administrator may have it
        _give(database, "admin")
    for value in (*hostile.EXAMPLES, "\x00", "a\x00", None, 7, True):
        outcome = _ask(worker, database, **{"token": token, place: value})
        assert not decided(outcome.callback).allowed
        assert outcome.path == ["start", "send_decision", "end"]


def test_what_is_echoed_is_no_template_any_more(token: str, worker: Worker, database: Database) -> None:
    data = _ask(worker, database, token, "{{ 7*7 }}", "{% if 1 %}x{% endif %}").callback["data"]
    assert isinstance(data, dict)
    assert data["playbook_path"] == "(( 7*7 ))"
    assert data["permission_type"] == "(% if 1 %)x(% endif %)"


def test_trouble_with_the_database_is_no_decision(token: str, worker: Worker, database: Database) -> None:
    database.rows("ALTER TABLE auth.users RENAME TO away")
    try:
        outcome = _ask(worker, database, token)
    finally:
        database.rows("ALTER TABLE auth.away RENAME TO users")
    with pytest.raises(AuthBackEndUnavailable):
        decided(outcome.callback)
