"""auth0_login: who does not get in, and what the gateway hears about it."""

import pytest
from tests.playbooks import identities
from tests.playbooks.answers import logged_in
from tests.playbooks.catalog import load
from tests.playbooks.conftest import CapturedBodies
from tests.playbooks.database import Database
from tests.playbooks.runner import Outcome, run
from tests.playbooks.worker import Value, Worker

from domain.errors import AuthBackEndUnavailable, CredentialsRejected

_PLAYBOOK = load("auth0_login")


def _log_in(worker: Worker, database: Database, auth0_token: str | None = None, **variables: Value) -> Outcome:
    return run(_PLAYBOOK, identities.login(auth0_token, **variables), worker=worker, database=database)


@pytest.mark.parametrize(
    ("auth0_token", "why", "recorded"),
    [
        ("garbage", "Invalid JWT format", "login_garbage_callback"),
        ("a.b.c", "Invalid JWT format", None),
        ("a.WzFd.c", "Invalid JWT format", None),
        ("a." + "W" * 20_000 + ".c", "Invalid JWT format", None),
        (identities.token(iss="https://evil.example/"), "Invalid token issuer", "login_wrong_issuer_callback"),
        (identities.token(iss=None), "Invalid token issuer", None),
        (identities.token(exp=1), "Token has expired", "login_expired_callback"),
        (identities.token(exp=float("nan")), "Token has expired", None),
        (identities.token(exp=None), "Missing token expiry", None),
        (identities.token(exp=True), "Missing token expiry", None),
        (identities.token(sub=None), "Missing token subject", None),
        (identities.token(sub="auth0|\x00"), "Missing token subject", None),
        (identities.token(sub="x" * 256), "Missing token subject", None),
        (identities.token(email=None), "Missing token email", None),
        (identities.token(email="not an address"), "Missing token email", None),
        (identities.token(email="{{7*7}}@example.com"), "Missing token email", None),
        (identities.token(email="a@b\n"), "Missing token email", None),
        (identities.token(email="a@\ud800"), "Missing token email", None),
        (identities.token(email_verified=False), "Email address is not verified", None),
    ],
)
def test_a_token_that_will_not_do_is_refused_with_its_reason(
    auth0_token: str, why: str, recorded: str | None, worker: Worker, database: Database, captured: CapturedBodies
) -> None:
    outcome = _log_in(worker, database, auth0_token)
    with pytest.raises(CredentialsRejected, match=f"^Token validation failed: {why}$"):
        logged_in(outcome.callback)
    assert outcome.path == ["start", "send_failure", "end"]
    assert outcome.stored == {}
    assert database.contents()["users"] == set()
    if recorded is not None:
        assert {**captured[recorded], "request_id": None} == {**outcome.callback, "request_id": None}


def test_no_domain_does_not_mean_any_issuer(worker: Worker, database: Database) -> None:
    with pytest.raises(CredentialsRejected, match="Invalid token issuer"):
        logged_in(_log_in(worker, database, auth0_domain="").callback)


def test_an_inactive_account_gets_no_session(worker: Worker, database: Database) -> None:
    _log_in(worker, database)
    database.rows("UPDATE auth.users SET is_active = false, last_login_at = NULL")
    before = database.contents()
    outcome = _log_in(worker, database, identities.token(name="New Name"))
    with pytest.raises(CredentialsRejected, match=r"^Login refused: Account is not active$"):
        logged_in(outcome.callback)
    assert outcome.stored == {}
    assert database.contents() == before


def test_trouble_with_the_database_is_nobodys_wrong_password(worker: Worker, database: Database) -> None:
    database.rows("ALTER TABLE auth.users RENAME TO away")
    try:
        outcome = _log_in(worker, database)
    finally:
        database.rows("ALTER TABLE auth.away RENAME TO users")
    with pytest.raises(AuthBackEndUnavailable):
        logged_in(outcome.callback)
    assert outcome.path == ["start", "create_session", "send_trouble", "end"]
