from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.http.server.metrics_text import MetricsMalformed, merge

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def series(text: bytes) -> Series:
    """Every sample by name and labels. A series that comes twice is an error."""
    found: Series = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found
            found[key] = sample.value
    return found


class Worker:
    """A process that counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("requests", "Requests \\ by\nstatus", ["status"], registry=self.registry)
        self.open = Gauge("open_streams", "Open streams", registry=self.registry)
        self.seconds = Histogram("seconds", "Seconds", ["route"], registry=self.registry, buckets=(0.1, 1, 10))
        self.sizes = Summary("sizes", "Sizes", registry=self.registry)

    def take(self, observation: tuple[str, float]) -> None:
        label, value = observation
        self.requests.labels(label).inc(value)
        self.open.inc(value)
        self.seconds.labels(label).observe(value)
        self.sizes.observe(value)

    def text(self) -> bytes:
        return generate_latest(self.registry)


observations = st.tuples(st.text(max_size=5), st.integers(min_value=0, max_value=50).map(float))


@given(shares=st.lists(st.lists(observations, max_size=8), min_size=1, max_size=4))
def test_several_processes_count_as_one_would(shares: Sequence[Sequence[tuple[str, float]]]) -> None:
    workers, one = [Worker() for _ in shares], Worker()
    for worker, share in zip(workers, shares, strict=True):
        for observation in share:
            worker.take(observation)
            one.take(observation)
    merged, expected = (
        {key: value for key, value in series(text).items() if not key[0].endswith("_created")}
        for text in (merge([worker.text() for worker in workers]), one.text())
    )
    assert merged == expected


def test_types_and_helps_are_kept_and_come_before_their_samples() -> None:
    lines = merge([Worker().text(), Worker().text()]).decode().splitlines()
    place = lines.index("# TYPE open_streams gauge")
    assert lines[place - 1 : place + 2] == [
        "# HELP open_streams Open streams",
        "# TYPE open_streams gauge",
        "open_streams 0.0",
    ]
    assert r"# HELP requests_total Requests \\ by\nstatus" in lines


def gauges(**values: float) -> bytes:
    return "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in values.items()).encode()


@pytest.mark.parametrize(
    ("name", "one", "other", "both"),
    [
        ("build_info", 1, 1, 1),
        ("bypass_enabled", 0, 1, 1),
        ("process_max_fds", 10, 10, 10),
        ("process_start_time_seconds", 200, 100, 100),
        ("dependency_up", 1, 0, 0),
    ],
)
def test_facts_and_times_are_not_added_up(name: str, one: float, other: float, both: float) -> None:
    assert series(merge([gauges(**{name: one}), gauges(**{name: other})])) == {(name, ()): both}


def test_labels_in_another_order_are_the_same_series() -> None:
    merged = merge([b'hits{a="1",b="2"} 1\n', b'hits{b="2",a="1"} 2\n'])
    assert merged == b'hits{a="1",b="2"} 3.0\n'


def test_labels_may_hold_anything() -> None:
    text = 'hits{path="/a b}{\\"\\\\n\u2028",other="x,y=\\"z\\""} 1\n'.encode()
    assert merge([text, text]) == text.replace(b"1\n", b"2.0\n")


def test_a_series_that_only_one_process_has_is_kept() -> None:
    assert series(merge([b'hits{a="1"} 1\n', b'hits{a="2"} 2\n'])) == {
        ("hits", (("a", "1"),)): 1,
        ("hits", (("a", "2"),)): 2,
    }


def test_special_values_and_timestamps_are_read() -> None:
    assert merge([b"a +Inf 1700000000\nb NaN\n", b"a 1\nb 1\n"]) == b"a +Inf\nb NaN\n"


def test_quantiles_of_several_processes_are_left_out() -> None:
    text = b'# TYPE s summary\ns{quantile="0.5"} 3\ns_sum 6\ns_count 2\n'
    assert merge([text, text]) == b"# TYPE s summary\ns_sum 12.0\ns_count 4.0\n"


def test_a_single_text_is_passed_on_as_it_is() -> None:
    assert merge([b"anything"]) == b"anything"


@pytest.mark.parametrize("line", ["no value", "a{", "a{b} x", "1a 2", "a one"])
def test_what_is_no_metric_is_not_guessed_at(line: str) -> None:
    with pytest.raises(MetricsMalformed):
        merge([line.encode(), b""])
