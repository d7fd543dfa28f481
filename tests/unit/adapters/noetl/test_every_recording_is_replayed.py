"""A recording of the server that no test of its adapters replays would be a blind spot."""

from pathlib import Path

from tests.unit.demo.captures import names

# Callbacks, lifecycle events and stored sessions reach the gateway by other doors; the login recording is the
# playbook's own start, like execute_ok.
ELSEWHERE = ("_callback", "nats_", "kv_", "login_ok_execute")


def test_every_recorded_answer_is_replayed_here() -> None:
    here = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    answers = {name for name in names() if not any(part in name for part in ELSEWHERE)}
    assert {name for name in answers if f'"{name}"' not in here} == set()
