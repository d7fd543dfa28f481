"""Messages of the protocol."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from entrypoints.graphql.outcomes import Outcome
from entrypoints.graphql.parameters import Parameters

_encode = msgspec.json.Encoder().encode
_TOKEN_MEMBERS = ("x-session-token", "session_token", "sessiontoken", "token")
_BEARER = "Bearer "

ACKNOWLEDGED = b'{"type":"connection_ack"}'


class ConnectionInit(msgspec.Struct, tag_field="type", tag="connection_init"):
    payload: dict[str, Any] | None = None


class Ping(msgspec.Struct, tag_field="type", tag="ping"):
    payload: dict[str, Any] | None = None


class Pong(msgspec.Struct, tag_field="type", tag="pong"):
    payload: dict[str, Any] | None = None


class Subscribe(msgspec.Struct, tag_field="type", tag="subscribe"):
    id: Annotated[str, msgspec.Meta(min_length=1)]
    payload: Parameters


class Complete(msgspec.Struct, tag_field="type", tag="complete"):
    id: str


Incoming = ConnectionInit | Ping | Pong | Subscribe | Complete
_decoder = msgspec.json.Decoder(Incoming)


class NotUnderstood(Exception):
    """The text can be shown to the peer, as the reason of a close."""


def decoded(message: str | bytes) -> Incoming:
    """Raises NotUnderstood."""
    if isinstance(message, bytes):
        raise NotUnderstood("Messages must be text")
    try:
        taken: Incoming = _decoder.decode(message)
    except msgspec.ValidationError as error:
        raise NotUnderstood("Invalid message") from error
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise NotUnderstood("Messages must be JSON") from error
    return taken


def token_in(payload: Mapping[str, object] | None) -> str | None:
    """The session token that a client sends with connection_init: `authorization`, as in the header of that name,
    or under one of its usual names, in any case.
    """
    lowered = {name.lower(): value for name, value in (payload or {}).items()}
    authorization = lowered.get("authorization")
    if isinstance(authorization, str) and authorization.startswith(_BEARER):
        return authorization.removeprefix(_BEARER)
    given = (lowered.get(name) for name in _TOKEN_MEMBERS)
    return next((value for value in given if isinstance(value, str)), None)


def pong(payload: Mapping[str, object] | None) -> bytes:
    return _encode({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})


def next_result(operation_id: str, outcome: Outcome) -> bytes:
    payload: dict[str, object] = {"data": outcome.data}
    if outcome.errors:
        payload["errors"] = outcome.errors
    return _encode({"id": operation_id, "type": "next", "payload": payload})


def error(operation_id: str, errors: Sequence[Mapping[str, object]]) -> bytes:
    """The last word about an operation."""
    return _encode({"id": operation_id, "type": "error", "payload": errors})


def complete(operation_id: str) -> bytes:
    return _encode({"id": operation_id, "type": "complete"})
