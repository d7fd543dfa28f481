from enum import Enum


class Reason(Enum):
    """Why a delivery is not accepted: the stable word that its sender and the metrics get (wire 9.1, 9.2).

    `STALE_TIMESTAMP` belongs to the timestamped schemes, which the original does not have.
    """

    UNKNOWN_LISTENER = "unknown_listener"
    CONFIG_ERROR = "config_error"
    JWKS_ERROR = "jwks_error"
    DISPATCH_ERROR = "dispatch_error"
    MISSING_SIGNATURE = "missing_signature"
    BAD_SIGNATURE = "bad_signature"
    STALE_TIMESTAMP = "stale_timestamp"
    MISSING_TOKEN = "missing_token"  # noqa: S105 - a word of the wire
    BAD_TOKEN = "bad_token"  # noqa: S105 - a word of the wire
    OIDC_MALFORMED = "oidc_malformed"
    OIDC_UNKNOWN_KID = "oidc_unknown_kid"
    OIDC_BAD_SIGNATURE = "oidc_bad_signature"
    OIDC_EXPIRED = "oidc_expired"
    OIDC_INVALID = "oidc_invalid"
    OIDC_NO_JWKS = "oidc_no_jwks"
    OIDC_WRONG_AUDIENCE = "oidc_wrong_audience"
    OIDC_WRONG_SA = "oidc_wrong_sa"
    OIDC_UNVERIFIED_EMAIL = "oidc_unverified_email"
    OIDC_BAD_KEY = "oidc_bad_key"
    MISCONFIGURED = "misconfigured"
    UNSUPPORTED = "unsupported"


class DeliveryRejected(Exception):
    """Ends the handling of a delivery; AcceptDelivery turns it into its answer, so it is no GatewayError."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
