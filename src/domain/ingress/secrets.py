"""The secret that a listener shares with its senders."""

import base64
import binascii

from domain.ingress.listeners import Verification
from domain.ingress.rejections import DeliveryRejected, Reason

_PREFIX = "whsec_"


def secret_text(verification: Verification) -> bytes:
    """The secret in UTF-8. Raises DeliveryRejected (MISCONFIGURED) for none and for a blank one, which anybody
    could use (D59).
    """
    secret = verification.secret
    if secret is None or not secret.strip():
        raise DeliveryRejected(Reason.MISCONFIGURED)
    return secret.encode()


def webhook_secret(verification: Verification) -> bytes:
    """The key in `whsec_<base64>` (the prefix and the padding may be missing).

    Raises DeliveryRejected (MISCONFIGURED) where there is none.
    """
    encoded = secret_text(verification).decode().strip().removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise DeliveryRejected(Reason.MISCONFIGURED)
    return key
