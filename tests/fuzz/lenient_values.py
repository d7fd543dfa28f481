"""What playbooks write into sessions and answers: read leniently, never with anything but an error of ours."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress

from tests.fuzz.json_texts import is_json, object_of

from adapters.nats import session_encoding
from domain import auth_replies, lenient
from domain.errors import GatewayError, RequestMalformed
from domain.identity import Session, SessionToken
from domain.identity_headers import identity_headers
from domain.json_values import JsonValue
from domain.strict_json import strict_object

_TOKEN = SessionToken("a-token", storable=True)
_READERS: tuple[Callable[[JsonValue], object], ...] = (
    lenient.text,
    lenient.flag,
    lenient.integer,
    lenient.number,
    lenient.mapping,
    lenient.roles,
    lenient.expiry,
    lenient.user,
)


def check(data: bytes) -> None:
    for source in (data, object_of(data)):
        _check_source(source)


def _check_source(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    fields = lenient.mapping(text) or {}
    for value in (text, lenient.literal(text), *fields.values()):
        for reader in _READERS:
            reader(value)
        for session in _sessions(value):
            _check_session(session)
    with suppress(RequestMalformed):
        assert strict_object(data) == json.loads(data)


def _sessions(value: JsonValue) -> Iterator[Session]:
    if (stored := lenient.decode_session(value, _TOKEN)) is not None:
        yield stored
    with suppress(GatewayError):
        yield auth_replies.session_from_login("success", value)
    with suppress(GatewayError):
        auth_replies.decision_from_access_check("success", value)
    with suppress(GatewayError):
        validated = auth_replies.session_from_validation(_TOKEN, value)
        if validated is not None:
            yield validated


def _check_session(session: Session) -> None:
    """It can be stored, read again by every replica, and told to NoETL."""
    stored = session_encoding.encode(session)
    assert is_json(stored)
    again = session_encoding.decode(stored, session.token)
    assert again is not None
    assert again.user.user_id == session.user.user_id
    assert again.is_live(0.0) == session.is_live(0.0)
    for _, header in identity_headers(session):
        assert all(0x20 <= byte < 0x7F for byte in header)
