"""What NoETL's servers answer, read as leniently as they write (wire 2.4, 12)."""

from typing import Any, TypeAlias

import msgspec

DecodedJson: TypeAlias = Any
"""A JsonValue; msgspec cannot read the recursive alias."""


class ExecuteReply(msgspec.Struct):
    """`execution_id` is text on one server and may be a number on the other (D60)."""

    execution_id: str | int
    status: str | None = None
    name: str | None = None
    path: str | None = None


class StatusReply(msgspec.Struct):
    """The Rust server has `status`; the Python server has `completed`, `failed` and `completion_inferred`."""

    status: str | None = None
    completed: bool | None = None
    failed: bool | None = None
    completion_inferred: bool = False


class DetailReply(msgspec.Struct):
    status: str | None = None
    path: str | None = None


class CatalogReply(msgspec.Struct):
    path: str | None = None


class EnvelopeReply(msgspec.Struct):
    """The synchronous login and access check (wire 3.5); a missing status is an error."""

    status: str = "error"
    data: DecodedJson = None


class ValidationReply(msgspec.Struct):
    status: str | None = None
    valid: DecodedJson = None
    user: DecodedJson = None
    expires_at: DecodedJson = None
    error: DecodedJson = None


class ErrorReply(msgspec.Struct):
    """`error` on the Rust server, `detail` on the Python server, where it may be a list of problems."""

    error: DecodedJson = None
    detail: DecodedJson = None
