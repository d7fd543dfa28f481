"""The metrics of several processes as those of one (Prometheus text format 0.0.4)."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

_LABELS = r'\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}'
_SAMPLE = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:{_LABELS})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"')
_COMMENT = re.compile(r"#[ \t]+(HELP|TYPE)[ \t]+([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]+(.*)")

# Gauges that say the same in every process, or whose sum says nothing; the sum of all others is what one asks for.
_GREATEST = ("_info", "_enabled", "_timestamp_seconds", "_max_fds")
_LEAST = ("_up", "_created", "_start_time_seconds")

Labels = tuple[tuple[str, str], ...]


class MetricsMalformed(ValueError):
    """A text that is not in the Prometheus format; says which line."""


@dataclass
class _Family:
    """`samples`: by name and sorted labels; the labels as they were written, and the value so far."""

    name: str
    kind: str = "untyped"
    text: str = ""
    samples: dict[tuple[str, Labels], tuple[str, float]] = field(default_factory=dict)

    def add(self, name: str, labels: str, value: float) -> None:
        key = (name, tuple(sorted(_LABEL.findall(labels))))
        known = self.samples.get(key)
        self.samples[key] = (labels, value) if known is None else (known[0], self._combine(known[1], value))

    @property
    def _combine(self) -> Callable[[float, float], float]:
        if self.kind == "gauge":
            if self.name.endswith(_GREATEST):
                return max
            if self.name.endswith(_LEAST):
                return min
        return _sum

    def lines(self) -> Iterator[str]:
        if self.text:
            yield f"# HELP {self.name} {self.text}"
        if self.kind != "untyped":
            yield f"# TYPE {self.name} {self.kind}"
        for (name, labels), (written, value) in self.samples.items():
            if self.kind == "summary" and any(label == "quantile" for label, _ in labels):
                continue  # Nobody can tell the median of two medians.
            yield f"{name}{{{written}}} {_written(value)}" if written else f"{name} {_written(value)}"


def merge(texts: Sequence[bytes]) -> bytes:
    """One text with every series once: counters, histograms and gauges summed, as if one process had counted all.

    Gauges that tell a fact (`_info`, `_enabled`, `_up`, ...) or a time stay what they are. A single text is passed on
    as it is. Raises MetricsMalformed.
    """
    if len(texts) == 1:
        return texts[0]
    families: dict[str, _Family] = {}
    for text in texts:
        _add(families, text)
    return "".join(f"{line}\n" for family in families.values() for line in family.lines()).encode()


def _add(families: dict[str, _Family], text: bytes) -> None:
    current: _Family | None = None
    for line in text.decode().split("\n"):
        if line.startswith("#"):
            current = _described(families, line) or current
        elif line.strip():
            name, labels, value = _parsed(line)
            if current is None or not _belongs(name, current):
                current = families.setdefault(name, _Family(name))
            current.add(name, labels, value)


def _described(families: dict[str, _Family], line: str) -> _Family | None:
    match = _COMMENT.fullmatch(line)
    if match is None:
        return None
    family = families.setdefault(match[2], _Family(match[2]))
    if match[1] == "TYPE":
        family.kind = match[3].strip()
    else:
        family.text = match[3]
    return family


def _belongs(name: str, family: _Family) -> bool:
    suffixes = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}.get(family.kind, ())
    return name == family.name or name in [family.name + suffix for suffix in suffixes]


def _parsed(line: str) -> tuple[str, str, float]:
    match = _SAMPLE.fullmatch(line)
    if match is None:
        raise MetricsMalformed(f"not a sample: {line[:100]}")
    try:
        return match[1], match[2] or "", float(match[3])
    except ValueError as error:
        raise MetricsMalformed(f"not a number: {line[:100]}") from error


def _sum(one: float, other: float) -> float:
    return one + other


def _written(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)
