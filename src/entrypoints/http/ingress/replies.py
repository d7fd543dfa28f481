"""What the sender of a delivery is told (wire 9.1, 9.2)."""

import msgspec

from domain.ingress.rejections import Reason
from domain.use_cases.accept_delivery import Accepted, Rejected

DISABLED = b"push-ingress not configured (NOETL_INTERNAL_API_TOKEN unset)"
TOO_LARGE = b"Failed to buffer the request body: length limit exceeded"

STATUS: dict[Reason, int] = {
    Reason.UNKNOWN_LISTENER: 404,
    Reason.CONFIG_ERROR: 502,
    Reason.JWKS_ERROR: 502,
    Reason.DISPATCH_ERROR: 502,
    Reason.MISSING_SIGNATURE: 401,
    Reason.BAD_SIGNATURE: 401,
    Reason.STALE_TIMESTAMP: 401,
    Reason.MISSING_TOKEN: 401,
    Reason.BAD_TOKEN: 401,
    Reason.OIDC_MALFORMED: 401,
    Reason.OIDC_UNKNOWN_KID: 401,
    Reason.OIDC_BAD_SIGNATURE: 401,
    Reason.OIDC_EXPIRED: 401,
    Reason.OIDC_INVALID: 401,
    Reason.OIDC_NO_JWKS: 401,
    Reason.OIDC_WRONG_AUDIENCE: 403,
    Reason.OIDC_WRONG_SA: 403,
    Reason.OIDC_UNVERIFIED_EMAIL: 403,
    Reason.OIDC_BAD_KEY: 403,
    Reason.MISCONFIGURED: 403,
    Reason.UNSUPPORTED: 403,
}

_DETAIL = {
    Reason.UNKNOWN_LISTENER: "no push subscription for this ingress path",
    Reason.CONFIG_ERROR: "could not resolve ingress config",
    Reason.JWKS_ERROR: "could not fetch OIDC keys",
    Reason.DISPATCH_ERROR: "verified but could not dispatch execution",
}

_encode = msgspec.json.Encoder().encode


def reply_to(outcome: Accepted | Rejected) -> tuple[int, bytes]:
    """Status and JSON body. Why a verification failed is not explained beyond its word."""
    if isinstance(outcome, Accepted):
        return 202, _encode({"status": "accepted", "execution_id": outcome.execution_id})
    body = {"status": "rejected", "reason": outcome.reason.value}
    if outcome.reason in _DETAIL:
        body["detail"] = _DETAIL[outcome.reason]
    return STATUS[outcome.reason], _encode(body)
