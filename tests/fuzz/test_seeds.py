"""Every seed of every target, without atheris: `make fuzz` goes on from them."""

from pathlib import Path

import pytest
from tests.fuzz.json_texts import object_of
from tests.fuzz.targets import CORPUS, TARGETS

SEEDS = sorted(path for path in CORPUS.glob("*/*"))


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_seed_shows_no_fault(seed: Path) -> None:
    TARGETS[seed.parent.name].load()(seed.read_bytes())


def test_every_target_has_seeds_that_it_can_grow_from() -> None:
    assert {seed.parent.name for seed in SEEDS} == set(TARGETS)
    assert [seed for seed in SEEDS if seed.stat().st_size > TARGETS[seed.parent.name].longest] == []


def test_lines_become_an_object_whatever_is_in_them() -> None:
    assert object_of(b'a: 1\nb: "c"\nd: e"f\n g :{}') == b'{"a": 1,"b": "c","d":"e\\u0022f","g":{}}'
