"""Deliveries counted under the original's names (wire 11); labels are those of known listeners (D35)."""

from prometheus_client import CollectorRegistry, Counter


class IngressMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        listener = ["subscription"]
        self._received = Counter("noetl_ingress_received", "Deliveries received", listener, registry=registry)
        self._rejected = Counter(
            "noetl_ingress_rejected", "Deliveries rejected", [*listener, "reason"], registry=registry
        )
        self._dispatched = Counter("noetl_ingress_dispatched", "Deliveries dispatched", listener, registry=registry)

    def received(self, label: str) -> None:
        self._received.labels(label).inc()

    def rejected(self, label: str, reason: str) -> None:
        self._rejected.labels(label, reason).inc()

    def dispatched(self, label: str) -> None:
        self._dispatched.labels(label).inc()
