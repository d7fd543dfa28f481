"""user_management: who gets which role, and who may no longer come in."""

import pytest
from tests.playbooks import hostile, identities
from tests.playbooks.answers import decided, logged_in, validated
from tests.playbooks.catalog import load
from tests.playbooks.database import Database
from tests.playbooks.runner import run
from tests.playbooks.worker import Value, Worker


@pytest.fixture
def people(worker: Worker, database: Database) -> Database:
    """1 is Alice, 2 Bob; nobody has a role."""
    for subject, email in (("auth0|alice", "alice@example.com"), ("auth0|bob", "bob@example.com")):
        _log_in(worker, database, subject, email)
    return database


def _log_in(worker: Worker, database: Database, subject: str, email: str) -> str:
    auth0_token = identities.token(sub=subject, email=email)
    return logged_in(
        run(load("auth0_login"), identities.login(auth0_token), worker=worker, database=database).callback
    ).token.text


def _do(worker: Worker, database: Database, action: Value, **variables: Value) -> dict[str, Value]:
    asked = {"action": action, **variables, **identities.request()}
    outcome = run(load("user_management"), asked, worker=worker, database=database)
    [request] = outcome.requests
    assert request.url == "http://gateway.test/api/internal/callback/async"
    assert request.body["status"] == "COMPLETED"
    data = request.body["data"]
    assert isinstance(data, dict)
    return data


def _roles(database: Database, user_id: int) -> list[str]:
    query = (
        f"SELECT role_name FROM auth.user_roles JOIN auth.roles USING (role_id) WHERE user_id = {user_id} ORDER BY 1"
    )
    return [row["role_name"] for row in database.rows(query)]


def test_the_first_administrator_is_named_by_email(worker: Worker, people: Database) -> None:
    answer = _do(worker, people, "grant_admin", email="Alice@Example.com")
    assert answer["success"] is True
    assert answer["roles"] == [{"role_id": 1, "role_name": "admin"}]
    assert _roles(people, 1) == ["admin"]
    assert _roles(people, 2) == []


def test_an_email_that_two_accounts_have_names_nobody(worker: Worker, people: Database) -> None:
    _log_in(worker, people, "github|mallory", "alice@example.com")
    answer = _do(worker, people, "grant_admin", email="alice@example.com")
    assert answer["success"] is False
    assert "user_id" in str(answer["error"])
    assert [_roles(people, user_id) for user_id in (1, 2, 3)] == [[], [], []]


def test_roles_are_replaced_whole(worker: Worker, people: Database) -> None:
    assert _do(worker, people, "update_user_roles", user_id=2, role_names=["viewer", "analyst"])["success"] is True
    assert _roles(people, 2) == ["analyst", "viewer"]
    answer = _do(worker, people, "update_user_roles", user_id="2", role_names=["viewer", "developer"])
    assert [role["role_name"] for role in answer["roles"]] == ["developer", "viewer"]  # type: ignore[index,union-attr,call-overload]
    assert _roles(people, 2) == ["developer", "viewer"]
    assert _do(worker, people, "update_user_roles", user_id=2, role_names=[])["success"] is True
    assert _roles(people, 2) == []


def test_a_role_that_stays_keeps_its_history(worker: Worker, people: Database) -> None:
    _do(worker, people, "update_user_roles", user_id=2, role_names=["viewer", "analyst"])
    people.rows("UPDATE auth.user_roles SET granted_by = 1")
    _do(worker, people, "update_user_roles", user_id=2, role_names=["viewer", "developer"])
    query = "SELECT role_name, granted_by FROM auth.user_roles JOIN auth.roles USING (role_id) ORDER BY 1"
    assert [tuple(row.values()) for row in people.rows(query)] == [("developer", ""), ("viewer", "1")]


def test_an_unknown_role_changes_nothing(worker: Worker, people: Database) -> None:
    _do(worker, people, "update_user_roles", user_id=2, role_names=["viewer"])
    answer = _do(worker, people, "update_user_roles", user_id=2, role_names=["admin", "root"])
    assert answer == {"success": False, "action": "update_user_roles", "error": "Unknown role"}
    assert _roles(people, 2) == ["viewer"]


def test_whoever_is_deactivated_is_out_and_comes_in_again_only_when_activated(
    worker: Worker, people: Database
) -> None:
    token = _log_in(worker, people, "auth0|bob", "bob@example.com")
    assert _do(worker, people, "deactivate", user_id=2)["success"] is True
    asked = {"session_token": token, **identities.request()}
    assert (
        validated(run(load("auth0_validate_session"), asked, worker=worker, database=people).callback, token) is None
    )
    refused = run(
        load("auth0_login"), identities.login(identities.token(sub="auth0|bob")), worker=worker, database=people
    )
    assert "send_refusal" in refused.path
    assert _do(worker, people, "activate", user_id=2)["success"] is True
    assert (
        validated(run(load("auth0_validate_session"), asked, worker=worker, database=people).callback, token) is None
    )
    assert _log_in(worker, people, "auth0|bob", "bob@example.com")


def test_the_last_administrator_stays(worker: Worker, people: Database) -> None:
    _do(worker, people, "grant_admin", user_id=1)
    for action, extra in (("deactivate", {}), ("update_user_roles", {"role_names": ["viewer"]})):
        answer = _do(worker, people, action, user_id=1, **extra)  # type: ignore[arg-type]
        assert answer["error"] == "This is the last active administrator"
    assert _roles(people, 1) == ["admin"]
    _do(worker, people, "grant_admin", user_id=2)
    assert _do(worker, people, "deactivate", user_id=1)["success"] is True
    assert _do(worker, people, "deactivate", user_id=2)["success"] is False


def test_lists_say_who_is_there_and_what_roles_there_are(worker: Worker, people: Database) -> None:
    answer = _do(worker, people, "list_users")
    assert answer["count"] == 2
    assert [user["email"] for user in answer["users"]] == ["alice@example.com", "bob@example.com"]  # type: ignore[index,union-attr,call-overload]
    roles = _do(worker, people, "list_roles")["roles"]
    assert [role["role_name"] for role in roles] == ["admin", "developer", "analyst", "viewer"]  # type: ignore[index,union-attr,call-overload]
    assert _do(worker, people, "get_user", user_id=2)["user"]["auth0_id"] == "auth0|bob"  # type: ignore[index,call-overload]


def test_a_hostile_value_is_an_unknown_action_user_or_role(worker: Worker, people: Database) -> None:
    before = people.contents()
    for value in hostile.EXAMPLES:
        assert _do(worker, people, value)["success"] is False
        assert _do(worker, people, "deactivate", user_id=value)["success"] is False
        assert _do(worker, people, "grant_admin", email=value)["success"] is False
        assert _do(worker, people, "update_user_roles", user_id=1, role_names=[value])["success"] is False
    assert people.contents() == before


def test_only_administrators_may_run_it(worker: Worker, people: Database) -> None:
    token = _log_in(worker, people, "auth0|alice", "alice@example.com")
    path = "api_integration/auth0/user_management"
    asked = {"session_token": token, "playbook_path": path, "action": "execute", **identities.request()}
    assert not decided(run(load("check_playbook_access"), asked, worker=worker, database=people).callback).allowed
    _do(worker, people, "grant_admin", user_id=1)
    assert decided(run(load("check_playbook_access"), asked, worker=worker, database=people).callback).allowed


def test_trouble_with_the_database_is_a_failed_run(worker: Worker, people: Database) -> None:
    people.rows("ALTER TABLE auth.users RENAME TO away")
    try:
        outcome = run(
            load("user_management"), {"action": "list_users", **identities.request()}, worker=worker, database=people
        )
    finally:
        people.rows("ALTER TABLE auth.away RENAME TO users")
    assert outcome.callback["status"] == "FAILED"
    assert outcome.callback["error"] == {"message": "The user database did not answer"}
