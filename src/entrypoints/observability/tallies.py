"""Numbers that cost next to nothing while nobody looks: prometheus_client takes a lock for every one of its own."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Tally(Collector):
    """A counter of one event loop, by the values of `label`; without a label, by the value `""` alone."""

    def __init__(
        self, registry: CollectorRegistry, name: str, text: str, label: str | None = None, values: Iterable[str] = ()
    ) -> None:
        self._name = name
        self._text = text
        self._labels = [label] if label is not None else []
        self._numbers = dict.fromkeys(values if label is not None else ("",), 0)
        registry.register(self)

    def add(self, value: str = "", by: int = 1) -> None:
        self._numbers[value] = self._numbers.get(value, 0) + by

    def __contains__(self, value: str) -> bool:
        return value in self._numbers

    def describe(self) -> list[CounterMetricFamily]:
        return [CounterMetricFamily(self._name, self._text, labels=self._labels)]

    def collect(self) -> list[CounterMetricFamily]:
        families = self.describe()
        for value, number in self._numbers.items():
            families[0].add_metric([value] if self._labels else [], number)
        return families


class Durations(Collector):
    """A histogram of one event loop. `bounds`: upper ends of its buckets, in seconds, ascending."""

    def __init__(self, registry: CollectorRegistry, name: str, text: str, bounds: Sequence[float]) -> None:
        self._name = name
        self._text = text
        self._bounds = (*bounds, float("inf"))
        self._numbers = [0] * len(self._bounds)
        self._sum = 0.0
        registry.register(self)

    def add(self, seconds: float) -> None:
        self._numbers[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def describe(self) -> list[HistogramMetricFamily]:
        return [HistogramMetricFamily(self._name, self._text)]

    def collect(self) -> list[HistogramMetricFamily]:
        families, up_to, buckets = self.describe(), 0, []
        for bound, number in zip(self._bounds, self._numbers, strict=True):
            up_to += number
            le = floatToGoString(bound)  # type: ignore[no-untyped-call]
            buckets.append((le, float(up_to)))
        families[0].add_metric([], buckets, self._sum)
        return families
