from dataclasses import dataclass

from domain.ingress.deduplication import MessageKey, message_key
from domain.ingress.deliveries import Delivery, Verified
from domain.ingress.directives import Plan
from domain.ingress.envelopes import Envelope, envelope_of
from domain.ingress.listeners import Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A verified delivery. Messages with the same `key` are the same one; without a key, each is a new one."""

    listener: Listener
    envelope: Envelope
    plan: Plan
    key: MessageKey | None

    @classmethod
    def of(cls, listener: Listener, delivery: Delivery, verified: Verified) -> "Message":
        """What `Verified` must prove before: only then may headers be read as directives (wire 9.1)."""
        envelope = envelope_of(listener, delivery, verified)
        plan = listener.directives.plan(envelope.headers)
        key = message_key(listener, delivery, verified, envelope, plan)
        return cls(listener=listener, envelope=envelope, plan=plan, key=key)
