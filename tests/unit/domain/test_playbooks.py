import pytest

from domain.errors import RequestMalformed
from domain.playbooks import RunStatus, checked_execution_id


@pytest.mark.parametrize("text", ["0", "766633604884463618", "-1", "9223372036854775807"])
def test_a_decimal_number_is_an_execution_id(text: str) -> None:
    assert checked_execution_id(text) == text


@pytest.mark.parametrize("text", ["", "x", "1/2", "..", "1\n", " 1", "+1", "1.0", "\u0667", "--1", "1" * 20, "%31"])
def test_nothing_else_is_one(text: str) -> None:
    with pytest.raises(RequestMalformed):
        checked_execution_id(text)


def test_completed_failed_and_cancelled_are_ends() -> None:
    assert {status for status in RunStatus if status.is_terminal} == {
        RunStatus.COMPLETED,
        RunStatus.FAILED,
        RunStatus.CANCELLED,
    }
