"""Events as bytes (wire 4.5)."""

import re

import msgspec
import pytest
from tests.unit.http.events.streams import CLIENT, CLIENT_ID, a_frame

from domain.callbacks import PendingRequest, PlaybookCallback, ProgressReport, ResultError
from domain.clients import Cursor
from domain.events import EventId, PlaybookProgress, PlaybookResult, PlaybookState
from domain.frame_text import frame_text
from domain.json_values import RawJson
from domain.use_cases.stream_events import OpenedStream
from domain.version import __version__
from entrypoints.http.events import sse

ID = "id: epoch1_home1_abcdefghijklmnop-"


def fields(event: bytes) -> list[str]:
    """The lines of one event."""
    text = event.decode()
    assert text.endswith("\n\n")
    assert "\n\n" not in text[:-2]
    return text.splitlines()[:-1]


def data(event: bytes) -> object:
    (line,) = [line for line in fields(event) if line.startswith("data: ")]
    return msgspec.json.decode(line.removeprefix("data: "))


def test_a_stream_is_served_so_that_nothing_on_the_way_keeps_it_back() -> None:
    assert sse.HEADERS == (
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
    )


def test_a_ping_is_the_notification_that_clients_know() -> None:
    assert sse.PING == b'event: ping\ndata: {"jsonrpc":"2.0","method":"ping","params":{}}\n\n'
    assert sse.KEEP_ALIVE == b": ping\n\n"


def test_a_refused_session_is_told_as_an_event_that_slows_reconnecting_down() -> None:
    assert sse.UNAUTHORIZED == (
        b"retry: 30000\n"
        b"event: error\n"
        b'data: {"jsonrpc":"2.0","error":{"code":-32002,"message":"Invalid or expired session"}}\n\n'
    )


def test_the_first_event_is_called_message_and_says_who_the_client_is() -> None:
    event = sse.init(OpenedStream(client=CLIENT, after=CLIENT.position))
    assert [line.split(": ")[0] for line in fields(event)] == ["id", "event", "data"]
    assert fields(event)[:2] == [f"{ID}40", "event: message"]
    assert data(event) == {
        "jsonrpc": "2.0",
        "id": 1,
        "result": {
            "protocolVersion": "2024-11-05",
            "serverInfo": {"name": "noetl-gateway", "version": __version__},
            "clientId": "home1-abcdefghijklmnop",
            "capabilities": {
                "playbooks": True,
                "callbacks": True,
                "subscriptions": False,
                "playbookState": True,
                "resume": True,
            },
        },
    }


def test_it_lists_what_the_client_still_waits_for() -> None:
    request = PendingRequest(
        request_id="r1",
        client_id=str(CLIENT_ID),
        user_id=7,
        playbook_path="a/b",
        created_at=1,
        execution_id="766633604884463618",
    )
    event = sse.init(OpenedStream(client=CLIENT, after=CLIENT.position, pending=[request]))
    content = data(event)
    assert isinstance(content, dict)
    assert content["result"]["pendingRequests"] == [
        {"requestId": "r1", "executionId": "766633604884463618", "playbookPath": "a/b"}
    ]


def test_it_carries_the_position_at_which_the_client_resumes() -> None:
    event = sse.init(OpenedStream(client=CLIENT, after=EventId("epoch1", 12), resumed=True))
    assert fields(event)[0] == f"{ID}12"


def test_a_position_that_cannot_be_honoured_is_not_repeated() -> None:
    event = sse.init(OpenedStream(client=CLIENT, after=EventId("unknown", 0), resumed=True))
    assert fields(event)[0] == f"{ID}40"


@pytest.mark.parametrize(
    ("body", "event", "text"),
    [
        (
            PlaybookState(execution_id="5", event_type="step.exit", status="running", at="t", step_name="s"),
            "playbook/state",
            '{"jsonrpc":"2.0","method":"playbook/state","params":{"execution_id":"5","event_type":"step.exit",'
            '"step_name":"s","status":"running","at":"t"}}',
        ),
        (
            PlaybookState(
                execution_id="5", event_type="playbook.completed", status="completed", at="t", synthetic=True
            ),
            "playbook/state",
            '{"jsonrpc":"2.0","method":"playbook/state","params":{"execution_id":"5",'
            '"event_type":"playbook.completed","step_name":null,"status":"completed","at":"t","synthetic":true}}',
        ),
        (
            PlaybookResult(
                execution_id="5",
                callback=PlaybookCallback(
                    request_id="r", status="success", data=RawJson(b'{"id":766633604884463618}')
                ),
            ),
            "playbook/result",
            '{"jsonrpc":"2.0","method":"playbook/result","params":{"requestId":"r","executionId":"5",'
            '"status":"success","data":{"id":766633604884463618}}}',
        ),
        (
            PlaybookResult(execution_id="5", callback=PlaybookCallback(request_id="r", error=ResultError())),
            "playbook/result",
            '{"jsonrpc":"2.0","method":"playbook/result","params":{"requestId":"r","executionId":"5",'
            '"status":"FAILED","error":{"code":-32000,"message":"Playbook execution failed","data":null}}}',
        ),
        (
            PlaybookProgress(execution_id="5", report=ProgressReport(request_id="r", progress=0.5)),
            "playbook/progress",
            '{"jsonrpc":"2.0","method":"playbook/progress","params":{"requestId":"r","executionId":"5",'
            '"step":null,"message":null,"progress":0.5}}',
        ),
    ],
)
def test_a_frame_is_an_event_of_its_own_name(
    body: PlaybookState | PlaybookResult | PlaybookProgress, event: str, text: str
) -> None:
    name, raw = frame_text(body)
    assert fields(sse.frame(a_frame(41, name, raw), sse.named(CLIENT_ID))) == [
        f"{ID}41",
        f"event: {event}",
        f"data: {text}",
    ]


def test_lost_history_is_told_with_the_position_where_it_goes_on() -> None:
    assert fields(sse.reset(EventId("epoch2", 3), CLIENT)) == [
        "id: epoch2_home1_abcdefghijklmnop-3",
        "event: reset",
        'data: {"jsonrpc":"2.0","method":"reset","params":{"reason":"history_lost"}}',
    ]


def test_every_id_can_be_resumed_from() -> None:
    event = sse.frame(a_frame(41), sse.named(CLIENT_ID)).decode()
    (text,) = re.findall(r"^id: ([A-Za-z0-9_.-]+)$", event, re.MULTILINE)
    assert Cursor.parse(text) == Cursor(EventId("epoch1", 41), CLIENT_ID)


def test_a_hint_to_come_back_is_in_milliseconds() -> None:
    assert sse.retry_hint(1500) == b"retry: 1500\n\n"
    assert sse.AWAY.startswith(b"retry: 5000\n: ")
    assert sse.AWAY.endswith(b"\n\n")
