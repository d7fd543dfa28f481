import pytest

from adapters.nats.event_streams import covers


@pytest.mark.parametrize("subject", ["noetl.events.>", "noetl.>", ">", "*.events.>", "noetl.*.>", "*.>"])
def test_a_stream_that_holds_everything_covers_the_pattern(subject: str) -> None:
    assert covers(subject, "noetl.events.>")


@pytest.mark.parametrize(
    "subject",
    [
        "noetl.events.*",
        "noetl.events.*.*.*.*",
        "noetl.events",
        "noetl.events.playbook.>",
        "other.>",
        "noetl.event.>",
        "*",
    ],
)
def test_a_stream_that_holds_a_part_does_not(subject: str) -> None:
    assert not covers(subject, "noetl.events.>")
