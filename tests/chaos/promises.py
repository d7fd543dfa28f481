"""What has to hold of every history."""

from collections import Counter

from tests.chaos.browser import Browser
from tests.chaos.world import World


def check(world: World) -> None:
    for browser in world.browsers:
        if not browser.resets:
            _nothing_lost(world, browser)
        _nothing_twice(browser)
        _in_order(world, browser)
        _the_end_is_final(browser)


def _nothing_lost(world: World, browser: Browser) -> None:
    results = Counter(f.params["requestId"] for f in browser.frames if f.event == "playbook/result")
    for run in (run for run in world.runs if run.browser is browser):
        assert results[run.request_id] == 1, f"{results[run.request_id]} results of one run"
        steps = {
            int(str(frame.params["step"]))
            for frame in browser.frames
            if frame.event == "playbook/progress" and frame.params["requestId"] == run.request_id
        }
        assert steps >= set(run.told), f"acknowledged progress is missing: {set(run.told) - steps}"


def _nothing_twice(browser: Browser) -> None:
    ids = Counter(frame.id for frame in browser.frames)
    assert not [one for one, times in ids.items() if times > 1 or not one], "a frame came twice, or without an id"


def _in_order(world: World, browser: Browser) -> None:
    offsets = [int(frame.id.rpartition("-")[2]) for frame in browser.frames]
    if not browser.resets:
        assert offsets == sorted(offsets), "ids must only grow"
    for run in (run for run in world.runs if run.browser is browser):
        mine = [frame for frame in browser.frames if frame.params.get("requestId") == run.request_id]
        steps = [int(str(frame.params["step"])) for frame in mine if frame.event == "playbook/progress"]
        assert steps == sorted(steps), "progress out of order"
        if any(frame.event == "playbook/result" for frame in mine):
            assert mine[-1].event == "playbook/result", "something came after the result"


def _the_end_is_final(browser: Browser) -> None:
    ended: set[object] = set()
    for frame in browser.frames:
        if frame.event == "playbook/state":
            execution = frame.params["execution_id"]
            assert execution not in ended, "a state came after the end of its run"
            is_end = frame.params["event_type"] in ("playbook.completed", "playbook.failed")
            if is_end and not frame.params.get("synthetic"):
                ended.add(execution)
