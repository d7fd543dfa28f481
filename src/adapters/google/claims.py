"""What a push token with a valid signature must say (wire 9.2, D34)."""

from domain.ingress.rejections import DeliveryRejected, Reason
from domain.json_values import JsonObject

LEEWAY_SECONDS = 60
_ISSUERS = ("accounts.google.com", "https://accounts.google.com")
_MAX_TIME = 2**53


def check_claims(claims: JsonObject, *, audience: str, service_account: str, now: float) -> None:
    """`now` in epoch seconds. Raises DeliveryRejected."""
    _check_times(claims, now)
    if claims.get("iss") not in _ISSUERS:
        raise DeliveryRejected(Reason.OIDC_INVALID)
    if claims.get("aud") not in (audience, [audience]):
        raise DeliveryRejected(Reason.OIDC_WRONG_AUDIENCE)
    email = claims.get("email")
    if not isinstance(email, str):
        raise DeliveryRejected(Reason.OIDC_UNVERIFIED_EMAIL)
    if email != service_account:
        raise DeliveryRejected(Reason.OIDC_WRONG_SA)
    if claims.get("email_verified") is not True:
        raise DeliveryRejected(Reason.OIDC_UNVERIFIED_EMAIL)


def _check_times(claims: JsonObject, now: float) -> None:
    expires, starts = _time(claims, "exp"), _time(claims, "nbf")
    if expires is None or (starts is not None and starts > now + LEEWAY_SECONDS):
        raise DeliveryRejected(Reason.OIDC_INVALID)
    if now >= expires + LEEWAY_SECONDS:
        raise DeliveryRejected(Reason.OIDC_EXPIRED)


def _time(claims: JsonObject, name: str) -> float | None:
    """None where there is none; a bool is an int to Python and no time to anybody."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_TIME:
        raise DeliveryRejected(Reason.OIDC_INVALID)
    return value
