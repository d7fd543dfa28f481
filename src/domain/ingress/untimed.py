"""The two schemes without a timestamp: a delivery that was seen once can be sent again (wire 9.2)."""

import hmac

from domain.ingress.deliveries import Delivery
from domain.ingress.headers import first_value
from domain.ingress.listeners import Verification
from domain.ingress.rejections import DeliveryRejected, Reason
from domain.ingress.secrets import secret_text


def verify_hmac_sha256(verification: Verification, delivery: Delivery) -> None:
    """Hex HMAC-SHA256 of the body, bare or as `sha256=<hex>`, in either case.

    Raises DeliveryRejected (MISSING_SIGNATURE, BAD_SIGNATURE, MISCONFIGURED).
    """
    secret = secret_text(verification)
    presented = first_value(delivery.headers, verification.carrier)
    if presented is None:
        raise DeliveryRejected(Reason.MISSING_SIGNATURE)
    presented = _without_prefix(presented, "sha256=", "SHA256=").strip().lower()
    expected = hmac.new(secret, delivery.body, "sha256").hexdigest()
    if not hmac.compare_digest(presented.encode(), expected.encode()):
        raise DeliveryRejected(Reason.BAD_SIGNATURE)


def verify_bearer(verification: Verification, delivery: Delivery) -> None:
    """The secret itself, bare or as `Bearer <secret>`.

    Raises DeliveryRejected (MISSING_TOKEN, BAD_TOKEN, MISCONFIGURED).
    """
    secret = secret_text(verification)
    if not hmac.compare_digest(presented_token(verification, delivery).encode(), secret):
        raise DeliveryRejected(Reason.BAD_TOKEN)


def presented_token(verification: Verification, delivery: Delivery) -> str:
    """Raises DeliveryRejected (MISSING_TOKEN)."""
    presented = first_value(delivery.headers, verification.carrier)
    if presented is None:
        raise DeliveryRejected(Reason.MISSING_TOKEN)
    return _without_prefix(presented, "Bearer ", "bearer ").strip()


def _without_prefix(text: str, *prefixes: str) -> str:
    """`text` without the first of `prefixes` that it has, taken off once."""
    for prefix in prefixes:
        if text.startswith(prefix):
            return text[len(prefix) :]
    return text
