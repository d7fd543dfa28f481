from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.clock import ManualClock
from domain.expiring_memory import ExpiringMemory


async def test_a_value_is_kept_for_its_time(clock: ManualClock) -> None:
    memory = ExpiringMemory[str, bool](clock, seconds=5, capacity=10)
    memory.put("token", False)

    await clock.advance(4.9)
    assert memory.get("token") is False
    await clock.advance(0.1)
    assert memory.get("token") is None


async def test_putting_again_starts_the_time_again(clock: ManualClock) -> None:
    memory = ExpiringMemory[str, int](clock, seconds=5, capacity=10)
    memory.put("token", 1)
    await clock.advance(4)

    memory.put("token", 2)
    await clock.advance(4)

    assert memory.get("token") == 2


def test_the_oldest_make_room(clock: ManualClock) -> None:
    memory = ExpiringMemory[str, int](clock, seconds=5, capacity=2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.put("a", 3)
    memory.put("c", 4)

    assert [memory.get(key) for key in "abc"] == [3, None, 4]


def test_what_is_forgotten_is_gone(clock: ManualClock) -> None:
    memory = ExpiringMemory[str, int](clock, seconds=5, capacity=2)
    memory.put("a", 1)

    memory.forget("a")
    memory.forget("never there")

    assert memory.get("a") is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers()), max_size=40))
def test_it_never_holds_more_than_its_capacity_and_always_the_newest(puts: list[tuple[int, int]]) -> None:
    memory = ExpiringMemory[int, int](ManualClock(), seconds=5, capacity=3)
    newest: dict[int, int] = {}
    for key, value in puts:
        memory.put(key, value)
        newest.pop(key, None)
        newest[key] = value

    kept = dict(list(newest.items())[-3:])
    assert {key: memory.get(key) for key in range(10)} == {key: kept.get(key) for key in range(10)}
