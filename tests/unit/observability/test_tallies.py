"""Our own numbers read like those of prometheus_client."""

import re

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from entrypoints.observability.tallies import Durations, Tally

BOUNDS = (0.001, 0.5, 1.0)
_CREATED = re.compile(r"^.*_created.*\n", re.MULTILINE)


def text_of(registry: CollectorRegistry) -> str:
    return _CREATED.sub("", generate_latest(registry).decode())


def test_a_tally_reads_like_a_counter() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tally = Tally(ours, "seen", "What was seen", "kind", ("a", "b"))
    counter = Counter("seen", "What was seen", ["kind"], registry=theirs)
    for kind in ("a", "b"):
        counter.labels(kind)
    tally.add("b", 3)
    counter.labels("b").inc(3)
    assert text_of(ours) == text_of(theirs)


def test_a_tally_without_a_label_reads_like_a_counter_without_one() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tally, counter = Tally(ours, "seen", "What was seen"), Counter("seen", "What was seen", registry=theirs)
    assert text_of(ours) == text_of(theirs)
    tally.add()
    counter.inc()
    assert text_of(ours) == text_of(theirs)


def test_durations_read_like_a_histogram() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    durations = Durations(ours, "took", "Seconds", BOUNDS)
    histogram = Histogram("took", "Seconds", registry=theirs, buckets=BOUNDS)
    for seconds in (0.0, 0.001, 0.0011, 0.5, 1.0, 1.5, 99.0):
        durations.add(seconds)
        histogram.observe(seconds)
    assert text_of(ours) == text_of(theirs)
