"""auth0_login, from the workload that the gateway sends to what the gateway understands."""

import json
import time

import pytest
from tests.playbooks import hostile, identities
from tests.playbooks.answers import logged_in
from tests.playbooks.catalog import load
from tests.playbooks.conftest import CapturedBodies
from tests.playbooks.database import Database
from tests.playbooks.runner import Outcome, run
from tests.playbooks.shapes import shape
from tests.playbooks.worker import Value, Worker

from domain.identity import SessionToken, is_storable
from domain.lenient import decode_session

_PLAYBOOK = load("auth0_login")


def _log_in(worker: Worker, database: Database, auth0_token: str | None = None, **variables: Value) -> Outcome:
    return run(_PLAYBOOK, identities.login(auth0_token, **variables), worker=worker, database=database)


def test_the_gateway_gets_a_session(worker: Worker, database: Database) -> None:
    outcome = _log_in(worker, database)
    session = logged_in(outcome.callback)
    assert session.user.email == "alice@example.com"
    assert session.user.display_name == "Alice Example"
    assert session.user.roles == ()
    assert session.is_live(time.time())
    assert outcome.requests[0].url == "http://gateway.test/api/internal/callback"


def test_the_answer_has_the_shape_of_the_recorded_one(
    worker: Worker, database: Database, captured: CapturedBodies
) -> None:
    assert shape(_log_in(worker, database).callback) == shape(captured["login_ok_callback"])


def test_the_cached_session_is_what_the_gateway_reads(worker: Worker, database: Database) -> None:
    outcome = _log_in(worker, database)
    session = logged_in(outcome.callback)
    [(key, value)] = outcome.stored.items()
    assert key == session.token.text
    assert set(json.loads(value)) == {
        "session_token", "user_id", "email", "display_name", "expires_at", "is_active", "roles",
    }  # fmt: skip
    assert decode_session(json.loads(value), session.token) == session


def test_tokens_are_new_each_time_and_fit_everywhere(worker: Worker, database: Database) -> None:
    tokens = [logged_in(_log_in(worker, database).callback).token.text for _ in range(3)]
    assert len(set(tokens)) == 3
    for token in tokens:
        assert len(token) == 32
        assert is_storable(token)
        assert token[0] == "s", "a token of digits only would become a number on its way through a template"


@pytest.mark.parametrize(
    ("domain", "issuer"),
    [
        ("Tenant.EU.auth0.com", "https://tenant.eu.auth0.com/"),
        ("https://tenant.eu.auth0.com/", "https://tenant.eu.auth0.com/"),
        ("127.0.0.1:8098", "http://127.0.0.1:8098/"),
        ("http://localhost:8098", "http://localhost:8098/"),
    ],
)
def test_a_domain_may_be_written_in_the_ways_that_the_gateway_takes(
    domain: str, issuer: str, worker: Worker, database: Database
) -> None:
    outcome = _log_in(worker, database, identities.token(iss=issuer), auth0_domain=domain)
    assert logged_in(outcome.callback).user.email == "alice@example.com"


def test_roles_are_those_of_the_subject_and_still_hold(worker: Worker, database: Database) -> None:
    _log_in(worker, database)
    database.rows(
        "INSERT INTO auth.user_roles (user_id, role_id, expires_at)"
        " SELECT 1, role_id, CASE role_name WHEN 'viewer' THEN now() - interval '1 second' END"
        " FROM auth.roles WHERE role_name IN ('admin', 'developer', 'viewer')"
    )
    assert logged_in(_log_in(worker, database).callback).user.roles == ("admin", "developer")


def test_another_subject_with_the_same_email_inherits_nothing(worker: Worker, database: Database) -> None:
    """D3: whoever can make himself an account with the administrator's address is still nobody."""
    _log_in(worker, database)
    database.rows("INSERT INTO auth.user_roles (user_id, role_id) SELECT 1, role_id FROM auth.roles")
    stranger = logged_in(_log_in(worker, database, identities.token(sub="github|mallory")).callback)
    assert stranger.user.email == "alice@example.com"
    assert stranger.user.user_id == 2
    assert stranger.user.roles == ()
    assert logged_in(_log_in(worker, database).callback).user.roles != ()


def test_a_subject_keeps_its_account_when_its_profile_changes(worker: Worker, database: Database) -> None:
    first = logged_in(_log_in(worker, database).callback).user
    second = logged_in(_log_in(worker, database, identities.token(email="al@example.org", name="Al")).callback).user
    assert (second.user_id, second.email, second.display_name) == (first.user_id, "al@example.org", "Al")


def test_an_apostrophe_is_an_ordinary_letter(worker: Worker, database: Database) -> None:
    outcome = _log_in(worker, database, identities.token(email="o'brien@example.com", name="Pat O'Brien"))
    user = logged_in(outcome.callback).user
    assert (user.email, user.display_name) == ("o'brien@example.com", "Pat O'Brien")


def test_a_hostile_name_arrives_as_a_name(worker: Worker, database: Database) -> None:
    """Braces become round ones in what is rendered again; the database has them as they were."""
    for name in hostile.EXAMPLES:
        outcome = _log_in(worker, database, identities.token(name=name))
        plain = name.replace("\r\n\t", " ").strip()[:255] or "alice@example.com"
        shown = plain.translate(str.maketrans("{}", "()"))
        # The gateway takes the words for null as no name.
        assert logged_in(outcome.callback).user.display_name == ("alice@example.com" if shown == "None" else shown)
        assert database.value("SELECT display_name FROM auth.users") == plain


def test_a_hostile_user_agent_is_kept_and_nothing_else(worker: Worker, database: Database) -> None:
    for agent in ("{{ 7*7 }}", "x" * 2_000, "a\nb'", ""):
        database.rows("DELETE FROM auth.sessions")
        logged_in(_log_in(worker, database, client_user_agent=agent).callback)
        assert database.value("SELECT user_agent FROM auth.sessions") == agent.replace("\n", " ")[:500]


@pytest.mark.parametrize(
    ("client_ip", "stored"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("fe80::1%eth0", "0.0.0.0"),
        ("1'::inet); DROP SCHEMA auth CASCADE; --", "0.0.0.0"),
        ("{{ 7*7 }}", "0.0.0.0"),
        ("", "0.0.0.0"),
        (None, "0.0.0.0"),
    ],
)
def test_only_addresses_are_stored_as_the_client(
    client_ip: str | None, stored: str, worker: Worker, database: Database
) -> None:
    logged_in(_log_in(worker, database, client_ip=client_ip).callback)
    assert database.value("SELECT ip_address FROM auth.sessions") == stored


@pytest.mark.parametrize(
    ("asked", "hours"),
    [(8, 8), ("8", 8), (1, 1), (0, 1), (-5, 1), (10**30, 24), (99, 24), ("x'", 8), (None, 8), (2.5, 8)],
)
def test_a_session_lives_as_long_as_asked_within_the_limit(
    asked: Value, hours: int, worker: Worker, database: Database
) -> None:
    session = logged_in(_log_in(worker, database, session_duration_hours=asked).callback)
    assert session.ends_at is not None
    assert abs(session.ends_at - time.time() - hours * 3600) < 60


def test_no_token_of_auth0_is_kept(worker: Worker, database: Database) -> None:
    auth0_token = identities.token()
    _log_in(worker, database, auth0_token, auth0_refresh_token="v1.refresh")
    kept = "\n".join(row for rows in database.contents().values() for row in rows)
    assert auth0_token not in kept
    assert "v1.refresh" not in kept


def test_a_credential_for_the_callback_goes_along_by_name_only(worker: Worker, database: Database) -> None:
    [plain] = _log_in(worker, database).requests
    assert not plain.auth
    [signed] = _log_in(worker, database, callback_credential="gateway_internal").requests
    assert signed.auth == "gateway_internal"


def test_without_a_request_nobody_is_called(worker: Worker, database: Database) -> None:
    outcome = _log_in(worker, database, request_id="")
    assert outcome.requests == []
    assert outcome.path[-1] == "end"
    assert SessionToken.parse(next(iter(outcome.stored))) is not None
