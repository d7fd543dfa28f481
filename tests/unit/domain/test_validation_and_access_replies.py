"""What answers to validations and access checks mean (wire 3.3, 3.4), real ones included."""

import pytest
from tests.unit.domain.recorded_answers import USER, callback, reply, without

from domain import lenient
from domain.auth_replies import decision_from_access_check, session_from_validation
from domain.errors import AuthBackEndUnavailable
from domain.identity import SessionToken, User
from domain.json_values import JsonValue

TOKEN = SessionToken("46d43dee4e2c3a47af4b75c00a048713", storable=True)
ALICE = User(user_id=7, email="alice@example.com", display_name="Alice", roles=("admin",))


def test_a_recorded_validation_is_a_session() -> None:
    _, data = callback("validate_ok_callback")

    session = session_from_validation(TOKEN, data)

    assert session is not None
    assert session.user == User(user_id=1, email="alice@example.com", display_name="Alice Example")
    assert session.expires_at == "2026-11-24 18:04:15.313969+00"
    assert session.ends_at == lenient.parse_expiry("2026-11-24T18:04:15.313969Z")


@pytest.mark.parametrize("capture", ["validate_unknown_callback", "validate_inactive_callback"])
def test_a_recorded_unknown_session_is_none(capture: str) -> None:
    assert session_from_validation(TOKEN, callback(capture)[1]) is None


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [("sync_validate_ok_python", True), ("sync_validate_python", False), ("sync_validate_unknown_python", False)],
)
def test_the_answers_of_the_synchronous_api_are_read_alike(name: str, is_valid: bool) -> None:
    assert (session_from_validation(TOKEN, reply(name)) is not None) is is_valid


@pytest.mark.parametrize("valid", [False, "false", "False", 0, None, "", "none", "yes"])
def test_what_is_not_called_valid_is_no_session(valid: JsonValue) -> None:
    assert session_from_validation(TOKEN, {"valid": valid, "user": USER}) is None


def test_a_validation_may_leave_out_the_id_and_the_end() -> None:
    session = session_from_validation(TOKEN, {"valid": "True", "user": without(USER, "user_id")})

    assert session is not None
    assert (session.user.user_id, session.expires_at, session.ends_at) == (0, "", None)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "gibberish",
        {},
        {"user": USER},
        {"valid": True},
        {"valid": True, "user": None},
        {"valid": True, "user": "gibberish"},
        {"valid": True, "user": USER, "expires_at": "whenever"},
    ],
)
def test_an_answer_that_says_neither_is_trouble(answer: JsonValue) -> None:
    with pytest.raises(AuthBackEndUnavailable):
        session_from_validation(TOKEN, answer)


def test_recorded_access_is_granted_to_its_user() -> None:
    decision = decision_from_access_check(*callback("access_granted_admin_callback"))

    assert (decision.allowed, decision.message) == (True, "Access granted to execute playbook")
    assert decision.user == User(user_id=1, email="alice@example.com", display_name="Alice Example")


@pytest.mark.parametrize("capture", ["access_denied_no_role_callback", "access_no_session_callback"])
def test_recorded_denials_name_nobody(capture: str) -> None:
    decision = decision_from_access_check(*callback(capture))

    assert (decision.allowed, decision.message, decision.user) == (False, "Access denied", None)


@pytest.mark.parametrize("allowed", [False, "False", 0, None, "", "yes", 2])
def test_only_true_is_access(allowed: JsonValue) -> None:
    decision = decision_from_access_check("success", {"allowed": allowed})

    assert (decision.allowed, decision.message) == (False, "Access check completed")


@pytest.mark.parametrize(
    ("user", "meant"),
    [
        (None, None),
        ("none", None),
        ({}, User(user_id=0, email="unknown", display_name="Unknown User")),
        ({"user_id": "7", "email": "a@b.c"}, User(user_id=7, email="a@b.c", display_name="a@b.c")),
        (str(USER), ALICE),
    ],
)
def test_the_user_of_a_decision_has_defaults(user: JsonValue, meant: User | None) -> None:
    assert decision_from_access_check("success", {"allowed": "True", "user": user}).user == meant


@pytest.mark.parametrize(
    ("status", "answer"),
    [("error", {"allowed": True}), ("", {"allowed": True}), ("success", {}), ("success", None), ("success", "x")],
)
def test_trouble_is_no_decision(status: str, answer: JsonValue) -> None:
    with pytest.raises(AuthBackEndUnavailable):
        decision_from_access_check(status, answer)
