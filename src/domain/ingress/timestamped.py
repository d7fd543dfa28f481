"""Signatures that cover the time of sending, so that an old delivery cannot be sent again (D34).

Each verification returns what names the delivery, for the caller to notice a repetition within the window.
Signatures are checked before times: who cannot sign learns nothing, and whose clock is wrong is told so.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from domain.ingress.deliveries import Delivery, Verified
from domain.ingress.headers import first_value
from domain.ingress.listeners import Verification
from domain.ingress.rejections import DeliveryRejected, Reason
from domain.ingress.secrets import secret_text, webhook_secret

_EPOCH_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_MAX_SIGNATURES = 16


def verify_standard_webhooks(verification: Verification, delivery: Delivery, now: float, window: float) -> Verified:
    """The symmetric scheme of Standard Webhooks: `v1,<base64>` signatures of `<id>.<timestamp>.<body>`, separated
    by blanks; one that is right is enough, for senders sign with two keys while they change them.

    `now` in epoch seconds, `window` in seconds. Raises DeliveryRejected (MISSING_SIGNATURE, BAD_SIGNATURE,
    STALE_TIMESTAMP, MISCONFIGURED).
    """
    key = webhook_secret(verification)
    message_id = _required(delivery, "webhook-id").strip()
    timestamp = _required(delivery, "webhook-timestamp").strip()
    signatures = _required(delivery, verification.carrier).split()
    # With a dot in the id, one signature would fit two divisions of the signed text.
    if not message_id or "." in message_id or not _EPOCH_SECONDS.fullmatch(timestamp):
        raise DeliveryRejected(Reason.BAD_SIGNATURE)
    signed = f"{message_id}.{timestamp}.".encode() + delivery.body
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    _check_any([text[3:] for text in signatures if text.startswith("v1,")], expected)
    _check_fresh(timestamp, now, window)
    return Verified(signed_id=message_id, message_id=message_id)


def verify_stripe(verification: Verification, delivery: Delivery, now: float, window: float) -> Verified:
    """Stripe's scheme: `t=<seconds>,v1=<hex>[,v1=<hex>...]` with signatures of `<seconds>.<body>`; other schemes
    in the header (`v0=`) are ignored.

    `now`, `window` and errors as above.
    """
    secret = secret_text(verification)
    parts = [part.strip().partition("=") for part in _required(delivery, verification.carrier).split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1 or not _EPOCH_SECONDS.fullmatch(times[0]):
        raise DeliveryRejected(Reason.BAD_SIGNATURE)
    signed = f"{times[0]}.".encode() + delivery.body
    _check_any(
        [value.lower() for name, _, value in parts if name == "v1"], hmac.new(secret, signed, "sha256").hexdigest()
    )
    _check_fresh(times[0], now, window)
    return Verified(signed_id=hashlib.sha256(signed).hexdigest())


def _required(delivery: Delivery, header: str) -> str:
    value = first_value(delivery.headers, header)
    if value is None:
        raise DeliveryRejected(Reason.MISSING_SIGNATURE)
    return value


def _check_any(presented: Sequence[str], expected: str) -> None:
    right = [hmac.compare_digest(text.encode(), expected.encode()) for text in presented[:_MAX_SIGNATURES]]
    if not any(right):
        raise DeliveryRejected(Reason.BAD_SIGNATURE)


def _check_fresh(timestamp: str, now: float, window: float) -> None:
    if abs(now - int(timestamp)) > window:
        raise DeliveryRejected(Reason.STALE_TIMESTAMP)
