"""Where workers answer: auth callbacks, results and progress (wire 4.1 to 4.4)."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from domain import lenient
from domain.callbacks import CallbackResult, PlaybookCallback, ProgressReport, ResultError
from domain.errors import CallbackDenied
from domain.json_values import RawJson
from domain.use_cases.deliver_auth_callback import DeliverAuthCallback
from domain.use_cases.deliver_callback import DeliverCallback
from domain.use_cases.report_progress import ReportProgress
from entrypoints.http.json_body import HttpRequest, json_body
from entrypoints.http.routes.replies import json_reply

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackUseCases:
    deliver_auth_callback: DeliverAuthCallback
    deliver_callback: DeliverCallback
    report_progress: ReportProgress


def callback_routes(use_cases: CallbackUseCases, token: str | None, result_limit: int) -> list[HTTPRouteHandler]:
    """`token`: what `Authorization: Bearer` must carry, None for no such wall. `result_limit` in bytes."""
    check = _checked_by(token)

    @post("/api/internal/callback", status_code=200)
    async def callback(request: HttpRequest) -> Response[bytes]:
        check(request)
        body = await json_body(request, AuthCallbackBody, result_limit)
        delivered = await use_cases.deliver_auth_callback(
            CallbackResult(
                request_id=str(body.request_id),
                execution_id=lenient.text(body.execution_id),
                status=_word(body.status, "success"),
                data=body.data,
            )
        )
        message = "Callback delivered successfully" if delivered else _NOBODY_WAITS
        return json_reply({"delivered": delivered, "message": message})

    @post("/api/internal/callback/async", status_code=200)
    async def callback_async(request: HttpRequest) -> Response[bytes]:
        check(request)
        body = await json_body(request, AsyncCallbackBody, result_limit)
        connected = await use_cases.deliver_callback(_playbook_callback(body))
        if connected:
            return json_reply({"status": "delivered"})
        return json_reply({"status": "queued", "clientDisconnected": True}, 202)

    @post("/api/internal/progress", status_code=200)
    async def progress(request: HttpRequest) -> Response[bytes]:
        check(request)
        body = await json_body(request, ProgressBody, result_limit)
        await use_cases.report_progress(
            ProgressReport(
                request_id=str(body.request_id),
                execution_id=lenient.text(body.execution_id),
                step=None if body.step is None else str(body.step),
                message=None if body.message is None else _word(body.message, ""),
                progress=lenient.number(body.progress),
            )
        )
        return json_reply({"status": "sent"})

    return [callback, callback_async, progress]


_NOBODY_WAITS = "No pending request found for this request_id"


def _checked_by(token: str | None) -> Callable[[HttpRequest], None]:
    expected = None if token is None else f"Bearer {token}".encode()

    def check(request: HttpRequest) -> None:
        presented = request.headers.get("authorization", "").encode("latin-1", "replace")
        if expected is not None and not hmac.compare_digest(presented, expected):
            raise CallbackDenied

    return check


def _playbook_callback(body: AsyncCallbackBody) -> PlaybookCallback:
    error = None
    if body.error is not None:
        code = lenient.integer(body.error.code)
        error = ResultError(
            code=-32000 if code is None else code,
            message=_word(body.error.message, ""),
            data=RawJson(bytes(body.error.data)),
        )
    return PlaybookCallback(
        request_id=str(body.request_id),
        execution_id=lenient.text(body.execution_id),
        status=_word(body.status, "COMPLETED"),
        data=RawJson(bytes(body.data)),
        error=error,
    )


def _word(value: str | float | bool | None, default: str) -> str:
    if value is None:
        return default
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
