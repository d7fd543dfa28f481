"""When two deliveries are the same message (D54).

Sources deliver at least once, and a captured delivery can be sent again. What names a message must therefore be
something that only its sender can say:

- what a timestamped signature covers, and nothing else: an unsigned header could make a replay look new;
- otherwise the value of the subscription's `idempotency_key` directive;
- otherwise Pub/Sub's message id;
- otherwise `x-message-id` together with the body, as HMAC does not cover that header: with the id alone, a captured
  delivery could be sent under the id of one to come, which would then be taken for a repetition.

A message without any of these is always a new one.
"""

import hashlib
from dataclasses import dataclass

from domain.ingress.deliveries import Delivery, Verified
from domain.ingress.directives import Plan
from domain.ingress.envelopes import Envelope
from domain.ingress.listeners import Listener

_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class MessageKey:
    subscription: str
    text: str


def message_key(
    listener: Listener, delivery: Delivery, verified: Verified, envelope: Envelope, plan: Plan
) -> MessageKey | None:
    """None for a message that nothing names."""
    text = verified.signed_id or plan.idempotency_key or _given_id(delivery, envelope)
    if not text:
        return None
    return MessageKey(listener.subscription_id or listener.catalog_path, _storable(text))


def _given_id(delivery: Delivery, envelope: Envelope) -> str | None:
    if envelope.given_id is None or envelope.is_pubsub:
        return envelope.given_id
    return f"{envelope.given_id}:{hashlib.sha256(delivery.body).hexdigest()}"


def _storable(text: str) -> str:
    """NoETL keeps the key in an indexed column of text: no zero byte, no long one."""
    if len(text) <= _MAX_LENGTH and text.isprintable():
        return text
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
