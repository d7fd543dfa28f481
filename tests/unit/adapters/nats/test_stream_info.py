from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.nats.stream_info import StreamConfig, StreamInfo, nanoseconds
from domain.events import EventId


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("2026-11-24T07:06:37.971298036Z", 1_795_503_997_971_298_036),
        ("2026-11-24T07:06:37.97307519Z", 1_795_503_997_973_075_190),
    ],
)
def test_time_stamps_keep_their_nanoseconds(stamp: str, expected: int) -> None:
    assert nanoseconds(stamp) == expected


def info(created: str) -> StreamInfo:
    return StreamInfo(config=StreamConfig(max_age=300_000_000_000), created=created)


def test_another_stream_of_the_same_name_is_another_epoch() -> None:
    first, second = info("2026-11-24T07:06:37.971298036Z"), info("2026-11-24T07:06:37.971298037Z")

    assert first.epoch != second.epoch


@given(st.datetimes(min_value=datetime(2020, 1, 1)))
def test_an_epoch_is_fit_for_an_event_id(created: datetime) -> None:
    epoch = info(f"{created:%Y-%m-%dT%H:%M:%S.%f}123Z").epoch

    assert EventId.parse(f"{epoch}-7") == EventId(epoch, 7)
    assert epoch == epoch.lower()


def test_an_age_of_zero_is_none() -> None:
    assert info("2026-11-24T07:06:37Z").max_age == 300.0
    assert StreamInfo(config=StreamConfig(), created="2026-11-24T07:06:37Z").max_age is None
