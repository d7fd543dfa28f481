"""provision_auth_schema: on nothing, on its own work, and on the schemas that exist in the field."""

import pytest
from tests.playbooks import identities
from tests.playbooks.answers import logged_in
from tests.playbooks.catalog import load
from tests.playbooks.database import Database
from tests.playbooks.runner import run
from tests.playbooks.worker import Worker

_SQL = load("provision_auth_schema").sql("start")
# The two shapes of the tables that installations have, cut down to what differs from ours.
_BY_PLAYBOOK = """
    CREATE SCHEMA auth;
    CREATE TABLE auth.users (
      user_id SERIAL PRIMARY KEY, auth0_id VARCHAR(255) UNIQUE NOT NULL, email VARCHAR(255) NOT NULL,
      display_name VARCHAR(255), profile_data JSONB, is_active BOOLEAN DEFAULT true,
      created_at TIMESTAMP DEFAULT now(), updated_at TIMESTAMP DEFAULT now(), last_login_at TIMESTAMP);
    CREATE TABLE auth.permissions (
      permission_id SERIAL PRIMARY KEY, permission_name VARCHAR(100) UNIQUE NOT NULL, description TEXT);
    CREATE TABLE auth.roles (role_id SERIAL PRIMARY KEY, role_name VARCHAR(100) UNIQUE NOT NULL, description TEXT);
    CREATE TABLE auth.user_roles (
      user_role_id SERIAL PRIMARY KEY, user_id INTEGER REFERENCES auth.users, role_id INTEGER REFERENCES auth.roles,
      assigned_at TIMESTAMP DEFAULT now(), expires_at TIMESTAMP, UNIQUE (user_id, role_id));
    CREATE TABLE auth.sessions (
      session_id SERIAL PRIMARY KEY, user_id INTEGER REFERENCES auth.users,
      session_token VARCHAR(255) UNIQUE NOT NULL, auth0_token TEXT,
      auth0_refresh_token TEXT, created_at TIMESTAMP DEFAULT now(), expires_at TIMESTAMP NOT NULL,
      last_activity_at TIMESTAMP DEFAULT now(), is_active BOOLEAN DEFAULT true, ip_address INET, user_agent TEXT);
    INSERT INTO auth.roles (role_name) VALUES ('admin'), ('viewer')
"""
_BY_SCRIPT = """
    CREATE SCHEMA auth;
    CREATE TABLE auth.users (
      user_id BIGSERIAL PRIMARY KEY, auth0_id VARCHAR(255) UNIQUE NOT NULL, email VARCHAR(255) UNIQUE NOT NULL,
      display_name VARCHAR(255), last_login_at TIMESTAMPTZ, created_at TIMESTAMPTZ DEFAULT now(),
      is_active BOOLEAN DEFAULT true,
      CONSTRAINT email_format CHECK (email ~* '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+[.][A-Za-z]{2,}$'));
    CREATE TABLE auth.roles (
      role_id SERIAL PRIMARY KEY, role_name VARCHAR(50) UNIQUE NOT NULL, description TEXT,
      is_system_role BOOLEAN DEFAULT false, CONSTRAINT role_name_lowercase CHECK (role_name = lower(role_name)));
    CREATE TABLE auth.permissions (
      permission_id SERIAL PRIMARY KEY, permission_name VARCHAR(100) UNIQUE NOT NULL,
      resource_type VARCHAR(50) NOT NULL, action VARCHAR(50) NOT NULL, description TEXT);
    CREATE TABLE auth.playbook_permissions (
      permission_id BIGSERIAL PRIMARY KEY, role_id INTEGER NOT NULL REFERENCES auth.roles,
      playbook_path VARCHAR(500) NOT NULL, can_execute BOOLEAN, can_view BOOLEAN, can_modify BOOLEAN,
      allow_pattern VARCHAR(500), deny_pattern VARCHAR(500),
      CONSTRAINT playbook_path_format CHECK (playbook_path ~ '^[a-z0-9/_*%-]+$'));
    INSERT INTO auth.roles (role_name) VALUES ('admin'), ('viewer');
    INSERT INTO auth.playbook_permissions (role_id, playbook_path, allow_pattern, can_execute)
    VALUES (1, '%', '%', true)
"""


@pytest.fixture(params=["", _BY_PLAYBOOK, _BY_SCRIPT], ids=["nothing", "by playbook", "by script"])
def found(request: pytest.FixtureRequest, postgres: Database) -> Database:
    database = postgres.create("schema_test")
    database.rows(f"{request.param or 'SELECT 1'}")
    return database


def test_running_it_again_changes_nothing(found: Database) -> None:
    [first] = found.rows(_SQL)
    before = found.contents()
    [second] = found.rows(_SQL)
    assert found.contents() == before
    assert first == second
    assert int(first["table_count"]) == 8
    assert int(first["role_count"]) == 4


def test_every_later_playbook_works_on_what_it_leaves(found: Database, worker: Worker) -> None:
    found.rows(_SQL)
    login = run(load("auth0_login"), identities.login(), worker=worker, database=found)
    token = logged_in(login.callback).token.text
    for name in ("auth0_validate_session", "check_playbook_access"):
        asked = {"session_token": token, "playbook_path": "a/b", "action": "view", **identities.request()}
        assert "send_trouble" not in run(load(name), asked, worker=worker, database=found).path
    for action in ("list_users", "list_roles", "grant_admin"):
        asked = {"action": action, "email": "alice@example.com", **identities.request()}
        outcome = run(load("user_management"), asked, worker=worker, database=found)
        assert outcome.callback["data"]["success"] is True  # type: ignore[index,call-overload]


def test_two_subjects_may_have_one_email_afterwards(found: Database, worker: Worker) -> None:
    found.rows(_SQL)
    for subject in ("auth0|one", "google-oauth2|two"):
        auth0_token = identities.token(sub=subject, email="same@example.com")
        outcome = run(load("auth0_login"), identities.login(auth0_token), worker=worker, database=found)
        assert "send_session" in outcome.path


def test_a_role_whose_grants_somebody_has_changed_gets_no_others(found: Database) -> None:
    found.rows(_SQL)
    found.rows(
        "UPDATE auth.playbook_permissions SET allow_pattern = 'mine/%', can_modify = false"
        " WHERE role_id = (SELECT role_id FROM auth.roles WHERE role_name = 'developer')"
    )
    before = found.contents()["playbook_permissions"]
    found.rows(_SQL)
    assert found.contents()["playbook_permissions"] == before


def test_an_administrator_can_manage_users_whatever_was_there(found: Database) -> None:
    found.rows(_SQL)
    count = found.value(
        "SELECT count(*) FROM auth.playbook_permissions JOIN auth.roles USING (role_id)"
        " WHERE role_name = 'admin' AND playbook_path = 'api_integration/auth0/user_management' AND can_execute"
    )
    assert count == "1"
