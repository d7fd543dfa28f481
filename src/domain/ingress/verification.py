"""Is a delivery what it claims to be? One answer for every scheme (wire 9.2)."""

from dataclasses import dataclass

from domain.ingress.deliveries import Delivery, Verified
from domain.ingress.listeners import Verification
from domain.ingress.rejections import DeliveryRejected, Reason
from domain.ingress.timestamped import verify_standard_webhooks, verify_stripe
from domain.ingress.untimed import presented_token, verify_bearer, verify_hmac_sha256
from domain.ports.clock import Clock
from domain.ports.push_token_verifier import PushTokenVerifier


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyDelivery:
    """`replay_window`: seconds that a timestamped signature may be off, either way.

    Raises DeliveryRejected, and IdentityKeysUnavailable for `pubsub_oidc`.
    """

    push_tokens: PushTokenVerifier
    clock: Clock
    replay_window: float

    async def __call__(self, verification: Verification, delivery: Delivery) -> Verified:
        match verification.scheme:
            case "hmac_sha256":
                verify_hmac_sha256(verification, delivery)
            case "bearer":
                verify_bearer(verification, delivery)
            case "pubsub_oidc":
                await self._verify_push_token(verification, delivery)
            case "standard_webhooks":
                return verify_standard_webhooks(verification, delivery, self.clock.now(), self.replay_window)
            case "stripe":
                return verify_stripe(verification, delivery, self.clock.now(), self.replay_window)
            case _:
                raise DeliveryRejected(Reason.UNSUPPORTED)
        return Verified()

    async def _verify_push_token(self, verification: Verification, delivery: Delivery) -> None:
        token = presented_token(verification, delivery)
        audience, service_account = verification.audience, verification.service_account
        if not audience or not service_account:
            raise DeliveryRejected(Reason.MISCONFIGURED)
        await self.push_tokens.verify(token, audience=audience, service_account=service_account)
