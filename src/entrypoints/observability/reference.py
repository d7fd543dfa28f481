"""The table of all metrics, as docs/metrics.md shows it.

`python -m entrypoints.observability.reference` prints it, `--write` puts it between the markers of the page.
"""

import sys
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.documented_table import DocumentedTable
from entrypoints.observability.metrics import Metrics

# What these labels say depends on the deployment.
_OPEN = frozenset({"version", "dependency", "le", "mode"})


def _rows() -> Iterator[tuple[str, ...]]:
    """One for each metric, in the order of their names."""
    fixed = _labels(Metrics())
    for family in sorted(_families(_used()), key=lambda family: family.name):
        labels = "; ".join(
            f"`{label}`: {', '.join(known)}" if (known := fixed.get((family.name, label))) else f"`{label}`"
            for label in _names(family)
        )
        name = f"{family.name}_total" if family.type == "counter" else family.name
        yield f"`{name}`", family.type, labels or "none", family.documentation


def _used() -> Metrics:
    """Metrics in which whatever appears with its first use has appeared."""
    metrics = Metrics()
    metrics.show_bypass(enabled=False)
    metrics.watch([_Dependency()])
    metrics.refused(400)
    metrics.shadow_failed("any")
    metrics.ingress.received("any")
    metrics.ingress.rejected("any", "any")
    metrics.ingress.dispatched("any")
    return metrics


class _Dependency:
    name = "any"

    def trouble(self) -> str | None:
        return None


def _families(metrics: Metrics) -> Iterator[Metric]:
    yield from text_string_to_metric_families(metrics.exposition().decode())


def _names(family: Metric) -> list[str]:
    return list(dict.fromkeys(label for sample in family.samples for label in sample.labels if label != "le"))


def _labels(metrics: Metrics) -> dict[tuple[str, str], list[str]]:
    """The values that exist from the start, by metric and label."""
    found: dict[tuple[str, str], list[str]] = {}
    for family in _families(metrics):
        for label, value in (pair for sample in family.samples for pair in sample.labels.items()):
            if label not in _OPEN:
                found.setdefault((family.name, label), []).append(value)
    return found


TABLE = DocumentedTable(
    name="metrics",
    files=("docs/metrics.md",),
    head=("Metric", "Type", "Labels", "Meaning"),
    rows=_rows,
)

if __name__ == "__main__":
    sys.exit(TABLE.run("entrypoints.observability.reference"))
