import pytest
from tests.unit.adapters.auth0.forge import NOW, Json, claims

from adapters.auth0.claims import check_audience, check_times, email_of, subject_of
from adapters.auth0.refusals import Reason, TokenRefused


def refusal_of_times(**changes: object) -> Reason | None:
    try:
        check_times(claims(**changes), NOW)
    except TokenRefused as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": NOW + 1}, None),
        ({"exp": NOW + 0.5}, None),
        ({"exp": NOW - 59}, None),
        ({"exp": NOW - 60}, Reason.EXPIRED),
        ({"exp": NOW - 3600}, Reason.EXPIRED),
        ({"exp": 0}, Reason.EXPIRED),
        ({"nbf": NOW + 60}, None),
        ({"nbf": NOW + 61}, Reason.NOT_YET_VALID),
        ({"iat": NOW + 60}, None),
        ({"iat": NOW + 61}, Reason.NOT_YET_VALID),
        ({"iat": None}, None),
    ],
)
def test_times_hold_with_a_minute_of_leeway(changes: Json, reason: Reason | None) -> None:
    assert refusal_of_times(**changes) is reason


@pytest.mark.parametrize(
    "value",
    [True, False, "1", f"{NOW + 3600}", [], {}, -1, 10**400, 2**53 + 2, float("inf"), float("nan"), float("-inf")],
)
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_times_are_sane_numbers(name: str, value: object) -> None:
    assert refusal_of_times(**{name: value}) is Reason.TIME_MALFORMED


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_a_time_that_is_null_is_no_time(name: str) -> None:
    with pytest.raises(TokenRefused):
        check_times(claims() | {name: None}, NOW)


def test_a_token_without_end_is_refused() -> None:
    assert refusal_of_times(exp=None) is Reason.TIME_MALFORMED


def refusal_of_audience(aud: object, azp: object = None, *, client_id: str | None = "us") -> Reason | None:
    try:
        check_audience(claims(aud=aud, azp=azp), frozenset({"us", "our-api"}), client_id)
    except TokenRefused as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize(
    ("aud", "azp", "reason"),
    [
        ("us", None, None),
        ("us", "them", None),
        ("our-api", "them", None),
        (["us"], None, None),
        (["us", "them"], "us", None),
        (["our-api", "userinfo"], "us", None),
        (["us", "them"], None, Reason.AUTHORIZED_PARTY),
        (["us", "them"], "them", Reason.AUTHORIZED_PARTY),
        (["us", "them"], ["us"], Reason.AUTHORIZED_PARTY),
        ("them", "us", Reason.AUDIENCE),
        (["them"], "us", Reason.AUDIENCE),
        (None, None, Reason.AUDIENCE),
        ("", None, Reason.AUDIENCE),
        ([], None, Reason.AUDIENCE),
        ([""], None, Reason.AUDIENCE),
        ("US", None, Reason.AUDIENCE),
        ("us ", None, Reason.AUDIENCE),
        ("us,them", None, Reason.AUDIENCE),
        ("usual", None, Reason.AUDIENCE),
        ("u", None, Reason.AUDIENCE),
        (["us", 1], "us", Reason.AUDIENCE),
        ([["us"]], "us", Reason.AUDIENCE),
        ({"us": True}, "us", Reason.AUDIENCE),
        (True, None, Reason.AUDIENCE),
    ],
)
def test_a_token_must_be_meant_for_us(aud: object, azp: object, reason: Reason | None) -> None:
    assert refusal_of_audience(aud, azp) is reason


def test_the_authorized_party_is_not_compared_where_no_client_is_configured() -> None:
    assert refusal_of_audience(["our-api", "userinfo"], "them", client_id=None) is None


def test_no_audience_is_checked_where_none_is_configured() -> None:
    check_audience(claims(aud=None), frozenset())


@pytest.mark.parametrize(
    "sub", [None, "", 42, True, ["auth0|42"], {}, "a\nb", "a\x00b", "\ud800", "\u202eabc", "s" * 256]
)
def test_a_subject_is_a_printable_text(sub: object) -> None:
    with pytest.raises(TokenRefused) as caught:
        subject_of(claims(sub=sub))
    assert caught.value.reason is Reason.SUBJECT


def test_a_subject_is_taken_as_it_is() -> None:
    assert subject_of(claims(sub="google-oauth2|Ünï ")) == "google-oauth2|Ünï "


@pytest.mark.parametrize("flag", [True, "true", "True", None])
def test_an_email_counts_unless_it_is_called_unverified(flag: object) -> None:
    assert email_of(claims(email_verified=flag)) == "ada@example.org"


@pytest.mark.parametrize("flag", [False, "false", "False", "FALSE", " true", "", "no", 0, 1, [], {}, [True]])
def test_an_unverified_email_is_refused(flag: object) -> None:
    with pytest.raises(TokenRefused) as caught:
        email_of(claims(email_verified=flag))
    assert caught.value.reason is Reason.EMAIL_UNVERIFIED


def test_a_flag_of_null_is_not_verified() -> None:
    with pytest.raises(TokenRefused):
        email_of(claims() | {"email_verified": None})


def test_a_token_needs_no_email() -> None:
    assert email_of(claims(email=None, email_verified=None)) is None


@pytest.mark.parametrize("email", ["", 1, ["ada@example.org"], {}, "ada@example.org\r\nx-role: admin", "a" * 321])
def test_an_unreadable_email_is_refused(email: object) -> None:
    with pytest.raises(TokenRefused) as caught:
        email_of(claims(email=email))
    assert caught.value.reason is Reason.EMAIL_MALFORMED
