"""A recording that nothing is compared with would be a blind spot."""

from pathlib import Path

from tests.unit.demo.captures import names

# The summary counts subjects over all recordings; none of its own traffic is in it.
WITHOUT_TRAFFIC = {"nats_subject_summary"}


def test_every_recording_is_compared_with_the_simulated_server() -> None:
    sources = "".join(file.read_text() for file in Path(__file__).parent.glob("test_noetl_*.py"))
    unused = {name for name in names() - WITHOUT_TRAFFIC if f'"{name}"' not in sources}
    assert unused == set()
