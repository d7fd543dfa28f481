"""What the claims of a token with a valid signature must say. All raise TokenRefused.

The times are checked here and not by PyJWT, which reads the machine's clock and takes `true` for a time.
"""

from collections.abc import Set

from adapters.auth0.refusals import Reason, TokenRefused
from domain.json_values import JsonObject

LEEWAY_SECONDS = 60
_MAX_TIME = 2**53
_MAX_SUBJECT_LENGTH = 255
_MAX_EMAIL_LENGTH = 320


def check_times(claims: JsonObject, now: float, leeway: int = LEEWAY_SECONDS) -> None:
    """`now` in epoch seconds. `exp` is required; `nbf` and `iat` may be absent, but not in the future."""
    expires = _time(claims, "exp")
    starts = (_time(claims, "nbf"), _time(claims, "iat"))
    if expires is None:
        raise TokenRefused(Reason.TIME_MALFORMED)
    if now >= expires + leeway:
        raise TokenRefused(Reason.EXPIRED)
    if any(start is not None and start > now + leeway for start in starts):
        raise TokenRefused(Reason.NOT_YET_VALID)


def check_audience(claims: JsonObject, accepted: Set[str], authorized_party: str | None = None) -> None:
    """One of `accepted` must be among the audiences; nothing is checked when it is empty.

    A token for several audiences must have been issued to `authorized_party`, where that is given (OpenID
    Connect Core 3.1.3.7).
    """
    if not accepted:
        return
    audiences = _audiences(claims)
    if accepted.isdisjoint(audiences):
        raise TokenRefused(Reason.AUDIENCE)
    if len(audiences) > 1 and authorized_party is not None and claims.get("azp") != authorized_party:
        raise TokenRefused(Reason.AUTHORIZED_PARTY)


def subject_of(claims: JsonObject) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _is_text(subject, _MAX_SUBJECT_LENGTH):
        raise TokenRefused(Reason.SUBJECT)
    return subject


def email_of(claims: JsonObject) -> str | None:
    """None where the token names none. An address that the issuer calls unverified is refused (D3).

    Some identity providers write the flag as text.
    """
    flag = claims.get("email_verified", True)
    if flag is not True and not (isinstance(flag, str) and flag.lower() == "true"):
        raise TokenRefused(Reason.EMAIL_UNVERIFIED)
    email = claims.get("email")
    if email is None:
        return None
    if not isinstance(email, str) or not _is_text(email, _MAX_EMAIL_LENGTH):
        raise TokenRefused(Reason.EMAIL_MALFORMED)
    return email


def _time(claims: JsonObject, name: str) -> float | None:
    if name not in claims:
        return None
    value = claims[name]
    # `not <=` also catches NaN; a bool is an int to Python and no time to anybody.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_TIME:
        raise TokenRefused(Reason.TIME_MALFORMED)
    return value


def _audiences(claims: JsonObject) -> list[str]:
    audience = claims.get("aud")
    if isinstance(audience, str):
        return [audience]
    if not isinstance(audience, list) or not all(isinstance(one, str) for one in audience):
        raise TokenRefused(Reason.AUDIENCE)
    return audience


def _is_text(value: str, longest: int) -> bool:
    """Printable also means: no lone surrogate, which no encoder takes later."""
    return 0 < len(value) <= longest and value.isprintable()
