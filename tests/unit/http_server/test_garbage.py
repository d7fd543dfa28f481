import gc
from collections.abc import Iterator

import pytest

from entrypoints.http.server import garbage


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_what_is_there_once_all_is_set_up_is_not_looked_through_again() -> None:
    garbage.settle()
    assert gc.get_freeze_count() > 1000
    assert gc.get_count()[0] < 1000


def test_cycles_are_still_found_but_not_after_every_few_hundred_objects() -> None:
    garbage.settle()
    assert gc.isenabled()
    assert gc.get_threshold()[0] > 5_000
    assert all(generation > 0 for generation in gc.get_threshold())
