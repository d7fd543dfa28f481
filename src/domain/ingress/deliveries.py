from dataclasses import dataclass

from domain.ingress.headers import HeaderMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`body` exactly as it was sent: signatures cover its bytes. Both may hold secrets of the sender."""

    headers: HeaderMap
    body: bytes

    def __repr__(self) -> str:
        return f"Delivery({len(self.body)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What the proof of a delivery says besides that it is genuine.

    `signed_id` names the delivery and is covered by its signature; `message_id` is the name that its sender gave it.
    """

    signed_id: str | None = None
    message_id: str | None = None
