import pytest
from tests.contracts.given import a_request

from domain.holding import hold_until


def test_a_frame_of_a_request_that_nobody_knows_yet_is_held_for_ten_seconds() -> None:
    assert hold_until(a_request(), 1000.0) == 1010.0


@pytest.mark.parametrize(("now", "until"), [(1000.0, 1002.0), (1001.9, 1002.0), (1002.0, 0.0), (5000.0, 0.0)])
def test_a_frame_is_held_until_the_response_has_certainly_been_written(now: float, until: float) -> None:
    assert hold_until(a_request().started("1", 1000.0), now) == until
