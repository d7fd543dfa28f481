from datetime import UTC, datetime

import pytest

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.noetl.redaction import redacted
from entrypoints.demo.noetl.request_log import RequestLog
from entrypoints.demo.noetl.snowflake import SnowflakeIds
from entrypoints.demo.noetl.timestamps import duration_text, event_text, iso_text, postgres_text

MOMENT = datetime(2026, 11, 24, 18, 2, 33, 100_000, tzinfo=UTC)


def test_a_moment_is_written_in_three_ways() -> None:
    assert iso_text(MOMENT) == "2026-11-24T18:02:33.100000+00:00"
    assert event_text(MOMENT) == "2026-11-24 18:02:33.100000+00:00"
    assert postgres_text(MOMENT) == "2026-11-24 18:02:33.1+00"
    assert postgres_text(MOMENT.replace(second=30, microsecond=0)) == "2026-11-24 18:02:30+00"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0s"), (0.59, "1s"), (60, "1m"), (125, "2m 5s"), (3601, "1h 1s")]
)
def test_a_duration_is_written_for_people(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_ids_grow_and_never_fit_a_float() -> None:
    ids = SnowflakeIds()
    made = [ids.next() for _ in range(1000)]
    assert made == sorted(set(made))
    assert made[0] > 2**53


def test_secrets_are_blacked_out_unless_they_are_empty() -> None:
    workload = {"auth0_token": "x", "auth0_refresh_token": "", "db_password": "p", "request_id": "r"}
    assert redacted(workload) == {
        "auth0_token": "[REDACTED]",
        "auth0_refresh_token": "",
        "db_password": "[REDACTED]",
        "request_id": "r",
    }


def test_the_request_log_is_bounded_in_number_and_in_bytes() -> None:
    log = RequestLog(most_requests=3, most_bytes=10)
    for size in (1, 2, 3, 4):
        log.add(_request(size))
    assert [len(request.body) for request in log] == [2, 3, 4]
    log.add(_request(9))
    assert [len(request.body) for request in log] == [9]


def _request(size: int) -> Request:
    return Request(method="POST", raw_path=b"/", query=b"", headers=(), body=bytes(size))
