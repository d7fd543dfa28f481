from dataclasses import dataclass

from domain.callbacks import CallbackResult, is_request_id
from domain.ports.callback_inbox import CallbackInbox
from domain.ports.telemetry import Count, Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverAuthCallback:
    """Hands an auth playbook's answer to whoever waits for it, on any replica; False if nobody does (wire 4.1)."""

    inbox: CallbackInbox
    telemetry: Telemetry

    async def __call__(self, result: CallbackResult) -> bool:
        delivered = is_request_id(result.request_id) and await self.inbox.deliver(result)
        if not delivered:
            self.telemetry.count(Count.CALLBACK_UNDELIVERED, "auth")
        return delivered
