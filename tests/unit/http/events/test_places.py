import pytest
from tests.unit.http.events.streams import a_session

from domain.errors import TooManyRequests
from entrypoints.http.events.places import StreamLimits, StreamPlaces


def full(places: StreamPlaces, user_id: int, token: str) -> bool:
    try:
        with places.place(a_session(user_id, token)):
            return False
    except TooManyRequests:
        return True


def test_a_session_has_so_many_streams_and_no_more() -> None:
    places = StreamPlaces(StreamLimits(per_session=2))
    with places.place(a_session(1, "a")), places.place(a_session(1, "a")):
        assert full(places, 1, "a")
        assert not full(places, 1, "b")
        assert places.taken == 2
    assert not full(places, 1, "a")


def test_a_user_has_so_many_streams_over_all_sessions() -> None:
    places = StreamPlaces(StreamLimits(per_user=2))
    with places.place(a_session(1, "a")), places.place(a_session(1, "b")):
        assert full(places, 1, "c")
        assert not full(places, 2, "d")


def test_a_process_has_so_many_streams_over_all_users() -> None:
    places = StreamPlaces(StreamLimits(per_process=2))
    with places.place(a_session(1, "a")), places.place(a_session(2, "b")):
        assert full(places, 3, "c")
    assert not full(places, 3, "c")
    assert places.taken == 0


def test_a_refusal_says_whose_limit_it_is_and_when_to_come_back() -> None:
    places = StreamPlaces(StreamLimits(per_process=0))
    with pytest.raises(TooManyRequests, match="no place for another stream") as raised, places.place(a_session()):
        pass
    assert raised.value.retry_after == 5


def test_a_place_is_given_back_whatever_happens() -> None:
    places = StreamPlaces(StreamLimits(per_session=1))
    for _ in range(3):
        with pytest.raises(RuntimeError), places.place(a_session()):
            raise RuntimeError
    assert places.taken == 0


def test_nothing_is_remembered_of_those_who_have_left() -> None:
    places = StreamPlaces(StreamLimits())
    for number in range(100):
        with places.place(a_session(number, f"token {number}")):
            pass
    assert (len(places._of_user), len(places._of_session)) == (0, 0)
