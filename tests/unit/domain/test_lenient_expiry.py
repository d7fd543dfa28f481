from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import lenient
from domain.json_values import JsonValue

MOMENT = datetime(2026, 1, 28, 22, 11, 41, 335589, UTC).timestamp()


@pytest.mark.parametrize(
    "shown",
    [
        "2026-01-28 22:11:41.335589+00",
        "2026-01-28T22:11:41.335589+00:00",
        "2026-01-28T22:11:41.335589Z",
        "2026-01-28t22:11:41.335589z".replace("t", "T"),
        "2026-01-28 22:11:41.335589",
        "2026-01-29 03:41:41.335589+05:30",
        "2026-01-29 03:41:41.335589+0530",
        "2026-01-28 17:11:41.335589-05",
        " 2026-01-28 22:11:41.335589+00 ",
        "2026-01-28 22:11:41.335589000+00",
    ],
)
def test_every_spelling_of_a_moment_is_that_moment_and_is_shown_as_it_came(shown: str) -> None:
    text, ends_at = lenient.expiry(shown)

    assert text == shown
    assert ends_at == pytest.approx(MOMENT, abs=1e-5)


def test_fractions_have_any_number_of_digits() -> None:
    for digits in range(7):
        fraction = f".{'335589'[:digits]}" if digits else ""
        _, ends_at = lenient.expiry(f"2026-01-28 22:11:41{fraction}+00")
        assert ends_at == pytest.approx(float(int(MOMENT)) + float(f"0.{'335589'[:digits] or 0}"), abs=1e-5)


@pytest.mark.parametrize("given", [int(MOMENT), float(int(MOMENT)), str(int(MOMENT)), int(MOMENT) * 1000])
def test_an_epoch_number_is_a_moment_too(given: JsonValue) -> None:
    shown, ends_at = lenient.expiry(given)

    assert ends_at == int(MOMENT)
    assert shown == "2026-01-28T22:11:41+00:00"


@pytest.mark.parametrize("given", [None, "", "none", "None", "null", True, [], {}])
def test_nothing_is_not_known(given: JsonValue) -> None:
    assert lenient.expiry(given) == ("", None)


@pytest.mark.parametrize("given", ["soon", "2026-13-45", "22:11:41", "9999-99-99 00:00:00+00", "2026-01-28T25:00:00"])
def test_text_that_is_no_moment_has_passed(given: str) -> None:
    assert lenient.expiry(given) == (given, lenient.NO_MOMENT)


@pytest.mark.parametrize("given", [10**400, 1e300, float("nan"), float("inf"), "99999999999999"])
def test_a_number_that_is_no_moment_has_passed(given: JsonValue) -> None:
    shown, ends_at = lenient.expiry(given)

    assert ends_at is not None
    assert shown == "" or ends_at > MOMENT


@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2200, 1, 1)))
def test_what_python_and_postgres_print_is_read_back(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    for shown in (
        aware.isoformat(),
        str(aware),
        str(aware).removesuffix(":00"),
        aware.isoformat().replace("+00:00", "Z"),
    ):
        assert lenient.expiry(shown)[1] == aware.timestamp()
