"""The ports of push deliveries, for tests and for looking on."""

from collections import Counter
from collections.abc import Mapping

from domain.errors import GatewayError
from domain.ingress.listeners import Listener
from domain.ingress.rejections import DeliveryRejected, Reason
from domain.ports.ingress_audit import DirectivesApplied


class MemoryIngressListeners:
    """`trouble` is raised by every call while it is set. `asked`: the names that were looked for."""

    def __init__(self, *listeners: Listener) -> None:
        self.listeners = {listener.name: listener for listener in listeners}
        self.trouble: GatewayError | None = None
        self.asked: list[str] = []

    async def find(self, name: str) -> Listener | None:
        self.asked.append(name)
        if self.trouble is not None:
            raise self.trouble
        return self.listeners.get(name)


class MemoryPushTokens:
    """Knows tokens and what they were issued for: audience and service account."""

    def __init__(self, issued: Mapping[str, tuple[str, str]] | None = None) -> None:
        self.issued = dict(issued or {})
        self.trouble: GatewayError | None = None

    async def verify(self, token: str, *, audience: str, service_account: str) -> None:
        if self.trouble is not None:
            raise self.trouble
        if token not in self.issued:
            raise DeliveryRejected(Reason.OIDC_MALFORMED)
        if self.issued[token][0] != audience:
            raise DeliveryRejected(Reason.OIDC_WRONG_AUDIENCE)
        if self.issued[token][1] != service_account:
            raise DeliveryRejected(Reason.OIDC_WRONG_SA)


class MemoryIngressAudit:
    def __init__(self) -> None:
        self.events: list[DirectivesApplied] = []

    def record(self, event: DirectivesApplied) -> None:
        self.events.append(event)


class MemoryIngressCounter:
    """`counts` by what happened, label and reason; the reason is empty where there is none."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()

    def received(self, label: str) -> None:
        self.counts["received", label, ""] += 1

    def rejected(self, label: str, reason: str) -> None:
        self.counts["rejected", label, reason] += 1

    def dispatched(self, label: str) -> None:
        self.counts["dispatched", label, ""] += 1
