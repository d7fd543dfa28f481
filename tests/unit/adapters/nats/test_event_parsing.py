import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.nats.event_parsing import parse_event
from domain.events import ExecutionEvent

CAPTURES = Path(__file__).parents[3] / "fixtures" / "noetl-captures"
PREFIX = "noetl.events."
ID = 766633604884463618
PYTHON_SUBJECT = f"{PREFIX}default.default.{ID}.0"
NOW = 1795503997.5


def parsed(payload: object, subject: str = PYTHON_SUBJECT) -> ExecutionEvent | None:
    return parse_event(subject, PREFIX, json.dumps(payload).encode(), NOW)


@pytest.mark.parametrize(
    ("event_type", "expected"),
    [
        ("step.exit", ("step.exit", "running")),
        ("step_exit", ("step.exit", "running")),
        ("playbook.completed", ("playbook.completed", "completed")),
        ("playbook_completed", ("playbook.completed", "completed")),
        ("PLAYBOOK.FAILED", ("playbook.failed", "failed")),
        ("playbook_failed", ("playbook.failed", "failed")),
        ("execution.cancelled", ("playbook.failed", "cancelled")),
        ("playbook.cancelled", ("playbook.failed", "cancelled")),
        ("playbook_cancelled", ("playbook.failed", "cancelled")),
        ("calendar.event.touched", ("calendar.event.touched", "running")),
    ],
)
def test_event_types_are_normalised(event_type: str, expected: tuple[str, str]) -> None:
    event = parsed({"event_type": event_type, "execution_id": ID})

    assert event is not None
    assert (event.event_type, event.status) == expected


@pytest.mark.parametrize(
    "event_type", ["step.enter", "workflow.completed", "command.issued", "playbook", "", " ", None, 7]
)
def test_other_events_are_nobodys_business(event_type: object) -> None:
    assert parsed({"event_type": event_type, "execution_id": ID}) is None


def test_a_cancelled_run_is_cancelled_whatever_its_status_says() -> None:
    event = parsed({"event_type": "execution.cancelled", "execution_id": ID, "status": "CANCELLED"})

    assert event is not None and event.status == "cancelled" and event.is_terminal


@pytest.mark.parametrize(
    ("payload", "subject", "expected"),
    [
        ({"execution_id": ID}, PYTHON_SUBJECT, str(ID)),
        ({"execution_id": str(ID)}, PYTHON_SUBJECT, str(ID)),
        ({"executionId": ID}, f"{PREFIX}step.exit", str(ID)),
        ({"id": "17"}, f"{PREFIX}step.exit", "17"),
        ({"execution_id": "", "executionId": None, "id": 17}, f"{PREFIX}step.exit", "17"),
        ({}, PYTHON_SUBJECT, str(ID)),
        ({"execution_id": " "}, PYTHON_SUBJECT, str(ID)),
        ({"execution_id": True}, PYTHON_SUBJECT, str(ID)),
        ({"execution_id": 2**63 - 1}, PYTHON_SUBJECT, str(2**63 - 1)),
    ],
)
def test_the_execution_id_is_found_as_number_as_text_or_in_the_subject(
    payload: dict[str, object], subject: str, expected: str
) -> None:
    event = parsed({"event_type": "step.exit", **payload}, subject)

    assert event is not None and event.execution_id == expected


@pytest.mark.parametrize(
    "subject",
    [f"{PREFIX}step.exit", f"{PREFIX}calendar.event.touched", f"{PREFIX}a.b.none.0", f"{PREFIX}a.b.>", PREFIX],
)
def test_an_event_that_names_no_execution_is_dropped(subject: str) -> None:
    assert parsed({"event_type": "step.exit"}, subject) is None


@pytest.mark.parametrize("hostile", [">", "*", "a.b", "a b", "x\r\nPUB y", "é", 10**200, [], {}, 1.5])
def test_an_id_that_could_not_be_part_of_a_key_is_none(hostile: object) -> None:
    assert parsed({"event_type": "step.exit", "execution_id": hostile}, f"{PREFIX}step.exit") is None


def test_the_first_field_that_is_not_blank_counts() -> None:
    event = parsed(
        {
            "event_type": "",
            "type": "step.exit",
            "execution_id": ID,
            "step_name": " ",
            "nodeName": "fetch",
            "step": "other",
            "status": "COMPLETED",
            "timestamp": "2026-05-27T15:00:00Z",
            "created_at": "2026-05-27 16:00:00",
            "event_id": ID + 1,
        }
    )

    assert event == ExecutionEvent(
        event_id=str(ID + 1),
        execution_id=str(ID),
        event_type="step.exit",
        status="COMPLETED",
        at="2026-05-27T15:00:00Z",
        step_name="fetch",
    )


def test_what_is_missing_has_a_default() -> None:
    event = parsed({"name": "playbook.completed"})

    assert event is not None
    assert (event.status, event.step_name, event.at) == ("completed", None, "2026-11-24T07:06:37.500Z")


def test_events_without_an_id_are_told_apart_by_their_content() -> None:
    one = parsed({"event_type": "step.exit", "step": "a"})
    same = parsed({"event_type": "step.exit", "step": "a"})
    other = parsed({"event_type": "step.exit", "step": "b"})

    assert one is not None and same is not None and other is not None
    assert one.event_id == same.event_id != other.event_id


@pytest.mark.parametrize(
    ("capture", "expected"),
    [
        # That run was cancelled right after its end; what counts is the first end (captures, note 5).
        ("hello_world", ["step.exit", "step.exit", "step.exit", "playbook.completed", "playbook.failed"]),
        ("failed", ["playbook.failed"]),
        ("cancelled", ["playbook.failed"]),
    ],
)
def test_recorded_traffic_gives_the_events_of_interest_in_order(capture: str, expected: list[str]) -> None:
    messages = json.loads((CAPTURES / f"nats_events_{capture}.json").read_text())
    events = [
        event
        for message in messages
        if (event := parsed(message["payload"], message["subject"])) and message["subject"].startswith(PREFIX)
    ]

    kinds = [event.event_type for event in events]
    assert [kind for kind in kinds if kind != "step.exit" or "step.exit" in expected] == expected
    assert len({event.execution_id for event in events}) == 1
    assert len({event.event_id for event in events}) == len(events)


@pytest.mark.parametrize("member", [b"event_type", b"execution_id", b"status", b"meta"])
def test_text_that_is_no_utf_8_makes_an_event_unreadable_or_does_not_matter(member: bytes) -> None:
    event = parse_event(PYTHON_SUBJECT, PREFIX, b'{"event_type":"step.exit","%b":"\xff"}' % member, NOW)

    assert (event is None) == (member != b"meta")


@given(st.binary(max_size=200))
def test_no_payload_breaks_it(payload: bytes) -> None:
    parse_event(PYTHON_SUBJECT, PREFIX, payload, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [
    "event_type",
    "type",
    "name",
    "execution_id",
    "executionId",
    "id",
    "step",
    "status",
    "at",
    "event_id",
    "meta",
]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | st.just("step.exit")), st.text(max_size=20))
def test_whatever_comes_out_can_be_used_in_keys(payload: dict[str, object], rest: str) -> None:
    event = parse_event(PREFIX + rest, PREFIX, json.dumps(payload).encode(), NOW)

    if event is not None:
        assert event.execution_id and not set(event.execution_id) & set(" .*>\r\n")
        assert event.event_id and not set(event.event_id) & set(" .*>\r\n")
