import pytest

from domain.errors import TooManyRequests
from entrypoints.http import rate_limit as module
from entrypoints.http.rate_limit import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(limit: RateLimit, address: str, most: int = 1000) -> int:
    """How many requests pass before one is refused."""
    for number in range(most):
        try:
            limit.take(address)
        except TooManyRequests:
            return number
    return most


def test_a_burst_of_three_seconds_worth_passes_then_the_rate(clock: Clock) -> None:
    limit = RateLimit(2, clock)
    assert taken(limit, "a") == 6
    clock.now += 0.5
    assert taken(limit, "a") == 1
    clock.now += 1000
    assert taken(limit, "a") == 6


def test_a_refusal_tells_how_long_to_wait(clock: Clock) -> None:
    limit = RateLimit(0.5, clock)
    limit.take("a")
    clock.now += 0.5
    with pytest.raises(TooManyRequests) as raised:
        for _ in range(3):
            limit.take("a")
    clock.now += raised.value.retry_after
    limit.take("a")


def test_waiting_is_not_undone_by_asking(clock: Clock) -> None:
    limit = RateLimit(1, clock)
    assert taken(limit, "a") == 3
    for _ in range(9):
        clock.now += 0.1
        with pytest.raises(TooManyRequests):
            limit.take("a")
    clock.now += 0.2
    limit.take("a")


def test_one_address_does_not_wait_for_another(clock: Clock) -> None:
    limit = RateLimit(1, clock)
    assert taken(limit, "192.0.2.1") == 3
    assert taken(limit, "192.0.2.2") == 3


def test_an_ipv6_client_is_limited_with_its_whole_network(clock: Clock) -> None:
    limit = RateLimit(1, clock)
    assert taken(limit, "2001:db8:1:2::1") == 3
    assert taken(limit, "2001:db8:1:2:ffff::9") == 0
    assert taken(limit, "2001:db8:1:3::1") == 3


def test_a_rate_below_one_still_lets_one_pass(clock: Clock) -> None:
    assert taken(RateLimit(0.01, clock), "a") == 1


def test_zero_switches_it_off(clock: Clock) -> None:
    assert taken(RateLimit(0, clock), "a") == 1000


def test_a_welcome_request_gives_its_place_back(clock: Clock) -> None:
    limit = RateLimit(1, clock)
    for _ in range(50):
        limit.take("2001:db8::1")
        limit.give_back("2001:db8::2")
    limit.give_back("unseen")
    assert taken(limit, "2001:db8::1") == 3


def test_a_crowd_does_not_make_it_forget_who_is_being_refused(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ADDRESSES", 10)
    limit = RateLimit(1, clock)
    assert taken(limit, "attacker") == 3
    for number in range(100):
        limit.take(f"somebody {number}")
        with pytest.raises(TooManyRequests):
            limit.take("attacker")


def test_the_addresses_that_are_remembered_are_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ADDRESSES", 10)
    limit = RateLimit(1, clock)
    assert taken(limit, "early") == 3
    for number in range(10):
        limit.take(f"somebody {number}")
    assert taken(limit, "early") == 3
