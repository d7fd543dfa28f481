from dataclasses import replace

import pytest

from adapters.nats.frame_messages import headers_of, stored_frame
from domain.events import EventId, Frame, PlaybookState, Stage

STATE = PlaybookState(execution_id="766633604884463618", event_type="step.exit", status="completed", at="now")
FRAME = Frame(key="k", request_id="r-1", body=STATE, stage=Stage.RUNNING, hold_until=1796000000.25)


def republished(frame: Frame, sequence: int, previous: int) -> dict[str, str]:
    headers = headers_of(frame, "playbook/state", "home.name")
    return {**headers, "Nats-Sequence": str(sequence), "Nats-Last-Sequence": str(previous)}


def test_a_frame_comes_back_from_its_headers() -> None:
    stored = stored_frame(republished(FRAME, 7, 5), b"{}", "epoch", live=True)

    assert stored.id == EventId("epoch", 7)
    assert (stored.event, stored.data, stored.previous) == ("playbook/state", b"{}", 5)
    assert (stored.request_id, stored.execution_id) == ("r-1", "766633604884463618")
    assert (stored.stage, stored.hold_until) == (Stage.RUNNING, 1796000000.25)


def test_a_batch_does_not_say_what_came_before() -> None:
    assert stored_frame(republished(FRAME, 7, 5), b"{}", "epoch", live=False).previous is None


def message_id(frame: Frame, client: str = "home.name") -> str:
    return headers_of(frame, "playbook/state", client)["Nats-Msg-Id"]


def test_the_same_key_for_the_same_request_of_the_same_client_is_the_same_message() -> None:
    assert message_id(FRAME) == message_id(replace(FRAME, stage=Stage.NONE, hold_until=0.0))


@pytest.mark.parametrize(
    ("frame", "client"),
    [(replace(FRAME, key="l"), "home.name"), (replace(FRAME, request_id="r-2"), "home.name"), (FRAME, "home.other")],
)
def test_another_key_request_or_client_is_another_message(frame: Frame, client: str) -> None:
    assert message_id(frame, client) != message_id(FRAME)


def test_frames_without_a_key_are_all_different() -> None:
    frame = replace(FRAME, key=None)

    assert message_id(frame) != message_id(frame)


@pytest.mark.parametrize("text", ["a\r\nNats-Msg-Id: x", "\ud800", "ünï", "x" * 5000])
def test_no_id_breaks_the_protocol(text: str) -> None:
    frame = replace(FRAME, key=text, request_id=text, body=replace(STATE, execution_id=text))

    for value in headers_of(frame, "playbook/state", "home.name").values():
        assert value.isascii() and len(value) <= 200
