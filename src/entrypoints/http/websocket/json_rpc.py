"""JSON-RPC 2.0 messages (wire 4.5 lists the codes)."""

import re
from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec

from domain import errors

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
UNAUTHORIZED = -32002
PERMISSION_DENIED = -32003

T = TypeVar("T", bound=msgspec.Struct)
DecodedJson: TypeAlias = Any
"""A JsonValue; msgspec cannot read the recursive alias."""

_encode = msgspec.json.Encoder().encode
_ABSENT = msgspec.Raw()
_ID = re.compile(rb'["0-9-]|null$')
_SPACE = " \t\r\n"


class Call(msgspec.Struct):
    """A request, or a notification when it has no `id`. The id is given back as it was spelled."""

    jsonrpc: str
    method: str
    params: DecodedJson = None
    id: msgspec.Raw = _ABSENT

    @property
    def wants_answer(self) -> bool:
        return bool(bytes(self.id))


class Fault(Exception):
    """An error answer. `details`: the gateway's own stable code, and what belongs to it."""

    def __init__(self, code: int, message: str, details: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


def decoded(message: bytes | str) -> Call | Sequence[Call | Fault]:
    """One call, or a batch in which each member stands for itself. Raises Fault."""
    try:
        text = message if isinstance(message, str) else message.decode()
        if text.lstrip(_SPACE).startswith("["):
            return _batch(msgspec.json.decode(text, type=list[msgspec.Raw]))
        return _call(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Fault(PARSE_ERROR, "This is not JSON.") from error


def _batch(members: Sequence[msgspec.Raw]) -> Sequence[Call | Fault]:
    if not members:
        raise Fault(INVALID_REQUEST, "The batch is empty.")
    return [_call_or_fault(member) for member in members]


def _call_or_fault(member: msgspec.Raw) -> Call | Fault:
    try:
        return _call(member)
    except Fault as fault:
        return fault


def _call(text: str | msgspec.Raw) -> Call:
    try:
        call = msgspec.json.decode(text, type=Call)
    except msgspec.ValidationError as error:
        raise Fault(INVALID_REQUEST, "This is not a JSON-RPC 2.0 request.") from error
    if call.jsonrpc != "2.0":
        raise Fault(INVALID_REQUEST, 'jsonrpc must be "2.0".')
    if call.wants_answer and not _ID.match(bytes(call.id)):
        raise Fault(INVALID_REQUEST, "id must be a string, a number or null.")
    return call


def params_of(call: Call, kind: type[T]) -> T:
    """Raises Fault."""
    try:
        return msgspec.convert({} if call.params is None else call.params, type=kind)
    except msgspec.ValidationError as error:
        raise Fault(INVALID_PARAMS, f"Invalid params: {error}") from error


def fault_of(error: errors.GatewayError) -> Fault:
    details: dict[str, object] = {"code": error.code}
    if isinstance(error, errors.TooManyRequests):
        return Fault(INTERNAL_ERROR, str(error), {**details, "retryAfter": error.retry_after})
    if isinstance(error, errors.NotAuthenticated):
        return Fault(UNAUTHORIZED, str(error), details)
    if isinstance(error, errors.NotPermitted):
        return Fault(PERMISSION_DENIED, str(error), details)
    if isinstance(error, errors.RequestRefused):
        return Fault(INVALID_PARAMS, str(error), details)
    return Fault(INTERNAL_ERROR, str(error), details)


def result(call: Call, content: object) -> bytes:
    return _encode({"jsonrpc": "2.0", "id": call.id, "result": content})


def error(call: Call | None, fault: Fault) -> bytes:
    """`call` None: it could not be told which call is at fault."""
    described: dict[str, object] = {"code": fault.code, "message": fault.message}
    if fault.details is not None:
        described["data"] = fault.details
    call_id = call.id if call is not None and call.wants_answer else None
    return _encode({"jsonrpc": "2.0", "id": call_id, "error": described})
