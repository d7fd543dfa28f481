"""Random histories of runs, deaths and broken networks: nothing is lost, nothing comes twice, or a reset says so.

`CHAOS_HISTORIES` sets how many; `make chaos` runs thousands and prints how many.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.chaos.promises import check
from tests.chaos.world import World, world

pytestmark = pytest.mark.integration

_HISTORIES = int(os.environ.get("CHAOS_HISTORIES", "8"))
_BROWSERS = 2
_REPLICAS = 3

_browser = st.integers(0, _BROWSERS - 1)
_replica = st.integers(0, _REPLICAS - 1)
_any_run = st.integers(0, 7)

# What may happen: weighted by how often a kind is listed.
_steps = st.one_of(
    st.tuples(st.just("execute"), _browser, _replica),
    st.tuples(st.just("execute"), _browser, _replica),
    st.tuples(st.just("report"), _any_run, _replica),
    st.tuples(st.just("report"), _any_run, _replica),
    st.tuples(st.just("answer"), _any_run, _replica),
    st.tuples(st.just("answer twice"), _any_run, _replica),
    st.tuples(st.just("connect"), _browser, _replica),
    st.tuples(st.just("drop"), _browser, _replica),
    st.tuples(st.just("abandon"), _browser, _replica),
    st.tuples(st.just("kill"), _replica, _replica),
    st.tuples(st.just("terminate"), _replica, _replica),
    st.tuples(st.just("start"), _replica, _replica),
    st.tuples(st.just("cut"), _replica, _replica),
    st.tuples(st.just("stall"), _replica, _replica),
    st.tuples(st.just("heal"), _replica, _replica),
    st.tuples(st.just("restart nats"), _replica, _replica),
)

_counted = {"histories": 0, "runs": 0, "frames": 0, "resets": 0}


@pytest.fixture(scope="module")
async def everything(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(tmp_path_factory.mktemp("chaos"), _REPLICAS) as made:
        yield made


async def _do(made: World, step: tuple[str, int, int]) -> None:
    what, first, second = step
    await (_to_a_run if what in ("report", "answer", "answer twice") else _to_the_world)(made, what, first, second)


async def _to_a_run(made: World, what: str, first: int, second: int) -> None:
    if not made.runs:
        return
    run, replica = made.runs[first % len(made.runs)], made.replicas[second]
    if what == "report":
        await made.report(run, replica)
    elif what == "answer":
        await made.answer(run, replica)
    else:
        await made.answer(run, replica, made.replicas[(second + 1) % _REPLICAS])


async def _to_the_world(made: World, what: str, first: int, second: int) -> None:
    actions: dict[str, Callable[[], Awaitable[None] | None]] = {
        "execute": lambda: made.execute(made.browsers[first % _BROWSERS], made.replicas[second]),
        "connect": lambda: made.browsers[first % _BROWSERS].connect(made.replicas[second].url),
        "drop": lambda: made.browsers[first % _BROWSERS].drop(),
        "abandon": lambda: made.browsers[first % _BROWSERS].abandon(),
        "kill": made.replicas[first].kill,
        "terminate": made.replicas[first].terminate,
        "start": made.replicas[first].start,
        "cut": made.proxies[first].cut,
        "stall": made.proxies[first].stall,
        "heal": made.proxies[first].heal,
        "restart nats": made.restart_nats,
    }
    done = actions[what]()
    if done is not None:
        await done


@given(history=st.lists(_steps, min_size=4, max_size=14))
@example(history=[("execute", 0, 0), ("report", 0, 1), ("kill", 0, 0), ("answer", 0, 1)])
@example(history=[("execute", 0, 0), ("abandon", 0, 0), ("answer twice", 0, 0), ("connect", 0, 1)])
@example(history=[("execute", 0, 0), ("restart nats", 0, 0), ("report", 0, 2), ("answer", 0, 2)])
@example(history=[("execute", 0, 1), ("stall", 1, 1), ("answer", 0, 2), ("drop", 0, 0)])
@settings(
    max_examples=_HISTORIES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
async def test_no_history_loses_or_repeats_a_result(everything: World, history: list[tuple[str, int, int]]) -> None:
    await everything.begin(_BROWSERS)
    for step in history:
        await _do(everything, step)
    await everything.settle()
    check(everything)
    _counted["histories"] += 1
    _counted["runs"] += len(everything.runs)
    _counted["frames"] += sum(len(browser.frames) for browser in everything.browsers)
    _counted["resets"] += sum(browser.resets for browser in everything.browsers)


def test_it_says_how_many_histories_were_run(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{_counted['histories']} histories, {_counted['runs']} runs, ", end="")
        print(f"{_counted['frames']} frames, {_counted['resets']} resets")
    assert _counted["histories"] >= 1
