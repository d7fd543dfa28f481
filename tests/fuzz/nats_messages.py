"""What arrives on NATS from servers, workers and other replicas: read, or taken for nothing."""

from contextlib import suppress

from tests.fuzz.json_texts import is_json, object_of

from adapters.nats import callback_messages, control_messages, request_records, session_encoding
from adapters.nats.event_parsing import parse_event
from adapters.nats.keys import is_part
from domain import auth_replies
from domain.errors import GatewayError
from domain.events import PlaybookState
from domain.frame_text import frame_text
from domain.identity import SessionToken

_TOKEN = SessionToken("a-token", storable=True)


def check(data: bytes) -> None:
    for message in (data, object_of(data)):
        _check_message(message)


def _check_message(data: bytes) -> None:
    _check_event(data)
    _check_callback(data)
    session_encoding.decode(data, _TOKEN)
    control_messages.taken_in(data)
    pending = request_records.decode(data, "an-id")
    if pending is not None:
        assert request_records.decode(request_records.encode(pending), "an-id") == pending


def _check_event(data: bytes) -> None:
    event = parse_event("noetl.events.1.2", "noetl.events.", data, 0.0)
    if event is None:
        return
    assert is_part(event.execution_id)
    _, text = frame_text(
        PlaybookState(
            execution_id=event.execution_id,
            event_type=event.event_type,
            step_name=event.step_name,
            status=event.status,
            at=event.at,
        )
    )
    assert is_json(text)


def _check_callback(data: bytes) -> None:
    result = callback_messages.decode(data)
    if result is None:
        return
    assert callback_messages.decode(callback_messages.encode(result)) == result
    for read in (auth_replies.session_from_login, auth_replies.decision_from_access_check):
        with suppress(GatewayError):
            read(result.status, result.data)
