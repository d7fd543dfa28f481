"""A row of the table, and how rounds are made into one."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.loads import Cost


@dataclass(frozen=True, slots=True)
class Row:
    path: str
    value: str
    target: str


def median(costs: list[Cost], place: int = 0) -> float:
    """CPU microseconds per request of the watched process at `place`."""
    return statistics.median(cost.cpu[place] for cost in costs)


def alternate(rounds: int, *loads: Callable[[], Cost]) -> list[list[Cost]]:
    """A B A B ...: the machine's moods hit all alike."""
    results: list[list[Cost]] = [[] for _ in loads]
    for _ in range(rounds):
        for place, load in enumerate(loads):
            results[place].append(load())
    return results
