"""JSON-RPC 2.0 messages (wire 4.5 lists the codes)."""

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
RequestId: TypeAlias = str | int | None
DecodedJson: TypeAlias = Any
"""A JsonValue; msgspec cannot read the recursive alias."""

_encode = msgspec.json.Encoder().encode


class Call(msgspec.Struct):
    """A request, or a notification when it has no `id`."""

    jsonrpc: str
    method: str
    params: DecodedJson = None
    id: str | int | msgspec.UnsetType | None = msgspec.UNSET

    @property
    def wants_answer(self) -> bool:
        return self.id is not msgspec.UNSET

    @property
    def request_id(self) -> RequestId:
        return None if isinstance(self.id, msgspec.UnsetType) else self.id


class Fault(Exception):
    """An error answer. `reason`: the stable code of the gateway's own errors."""

    def __init__(self, code: int, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason


def decoded(text: bytes | str) -> Call:
    """Raises Fault."""
    try:
        call = msgspec.json.decode(text, type=Call)
    except msgspec.ValidationError as error:
        raise Fault(INVALID_REQUEST, "This is not a JSON-RPC 2.0 request.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Fault(PARSE_ERROR, "This is not JSON.") from error
    if call.jsonrpc != "2.0":
        raise Fault(INVALID_REQUEST, 'jsonrpc must be "2.0".')
    return call


def params_of(call: Call, kind: type[T]) -> T:
    """Raises Fault."""
    try:
        return msgspec.convert({} if call.params is None else call.params, type=kind)
    except msgspec.ValidationError as error:
        raise Fault(INVALID_PARAMS, f"Invalid params: {error}") from error


def fault_of(error: errors.GatewayError) -> Fault:
    if isinstance(error, errors.NotAuthenticated):
        return Fault(UNAUTHORIZED, str(error), error.code)
    if isinstance(error, errors.NotPermitted):
        return Fault(PERMISSION_DENIED, str(error), error.code)
    if isinstance(error, errors.RequestRefused):
        return Fault(INVALID_PARAMS, str(error), error.code)
    return Fault(INTERNAL_ERROR, str(error), error.code)


def result(request_id: RequestId, content: object) -> bytes:
    return _encode({"jsonrpc": "2.0", "id": request_id, "result": content})


def error(request_id: RequestId, fault: Fault) -> bytes:
    described: dict[str, object] = {"code": fault.code, "message": fault.message}
    if fault.reason is not None:
        described["data"] = {"code": fault.reason}
    return _encode({"jsonrpc": "2.0", "id": request_id, "error": described})
