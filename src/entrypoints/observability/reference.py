"""The table of all metrics, as docs/metrics.md shows it.

`python -m entrypoints.observability.reference` prints it, `--write` puts it between the markers of the page.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.observability.metrics import Metrics

BEGIN = "<!-- metrics:begin -->"
END = "<!-- metrics:end -->"
FILE = "docs/metrics.md"
_MARKED = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)


# What these labels say depends on the deployment.
_OPEN = frozenset({"version", "dependency", "le", "mode"})


def table() -> str:
    """Markdown: one row for each metric, in the order of their names."""
    rows = [("Metric", "Type", "Labels", "Meaning"), ("---",) * 4]
    fixed = _labels(Metrics())
    for family in sorted(_families(_used()), key=lambda family: family.name):
        labels = "; ".join(
            f"`{label}`: {', '.join(known)}" if (known := fixed.get((family.name, label))) else f"`{label}`"
            for label in _names(family)
        )
        name = f"{family.name}_total" if family.type == "counter" else family.name
        rows.append((f"`{name}`", family.type, labels or "none", family.documentation))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


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


def embedded(text: str) -> str:
    """`text` with the table between its markers, unchanged if it has none."""
    return _MARKED.sub(lambda _: f"{BEGIN}\n{table()}{END}", text)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m entrypoints.observability.reference", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"rewrite the table in {FILE}, below here")
    if not parser.parse_args(arguments).write:
        sys.stdout.write(table())
        return 0
    path = Path(FILE)
    path.write_text(embedded(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
