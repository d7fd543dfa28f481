from collections import Counter

from domain.ports.telemetry import Count


class MemoryTelemetry:
    def __init__(self) -> None:
        self.counts: Counter[tuple[Count, str]] = Counter()

    def count(self, what: Count, label: str = "", by: int = 1) -> None:
        self.counts[what, label] += by
