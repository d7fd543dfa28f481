"""Bodies of the routes where workers answer (wire 4.1 to 4.4)."""

from typing import Any, TypeAlias

import msgspec

DecodedJson: TypeAlias = Any
"""A JsonValue; msgspec cannot read the recursive alias."""


def _null() -> msgspec.Raw:
    return msgspec.Raw(b"null")


class AuthCallbackBody(msgspec.Struct):
    """Ids and words may come as numbers, for workers render templates (wire 2.4)."""

    request_id: str | int
    execution_id: str | int | None = None
    step: str | int | None = None
    status: str | int | float | bool | None = "success"
    data: DecodedJson = None


class ErrorBody(msgspec.Struct):
    message: str | int | float | bool
    code: str | int | float | None = None
    data: msgspec.Raw = msgspec.field(default_factory=_null)


class AsyncCallbackBody(msgspec.Struct):
    request_id: str | int
    execution_id: str | int | None = None
    status: str | int | float | bool | None = "COMPLETED"
    data: msgspec.Raw = msgspec.field(default_factory=_null)
    error: ErrorBody | None = None


class ProgressBody(msgspec.Struct):
    request_id: str | int
    execution_id: str | int | None = None
    step: str | int | None = None
    message: str | int | float | bool | None = None
    progress: str | int | float | None = None
