"""Where workers answer: auth callbacks, results and progress (wire 4.1 to 4.4)."""

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

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
from entrypoints.http.client_address import Networks, client_address
from entrypoints.http.json_body import BodyRefused, HttpRequest, json_body
from entrypoints.http.routes.callback_bodies import AsyncCallbackBody, AuthCallbackBody, ProgressBody
from entrypoints.http.routes.replies import json_reply

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackUseCases:
    deliver_auth_callback: DeliverAuthCallback
    deliver_callback: DeliverCallback
    report_progress: ReportProgress


def callback_routes(
    use_cases: CallbackUseCases,
    token: str | None,
    result_limit: int,
    trusted_proxies: Networks = (),
    unreadable: Callable[[], None] = lambda: None,
) -> list[HTTPRouteHandler]:
    """`token`: what `Authorization: Bearer` must carry, None for no such wall. `result_limit` in bytes.

    `unreadable` is called for each body that is no callback: a result is lost then, so the log names the caller.
    Playbooks that give their callback's body as `data:` send an empty one (D58).
    """
    check = _checked_by(token)

    async def read(request: HttpRequest, kind: type[T]) -> T:
        check(request)
        try:
            return await json_body(request, kind, result_limit)
        except BodyRefused as refused:
            unreadable()
            address = client_address(request.scope, trusted_proxies)
            log.warning("a callback from %s to %s is lost: %s", address, request.url.path, refused)
            raise

    @post("/api/internal/callback", status_code=200)
    async def callback(request: HttpRequest) -> Response[bytes]:
        body = await read(request, AuthCallbackBody)
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
        body = await read(request, AsyncCallbackBody)
        connected = await use_cases.deliver_callback(_playbook_callback(body))
        if connected:
            return json_reply({"status": "delivered"})
        return json_reply({"status": "queued", "clientDisconnected": True}, 202)

    @post("/api/internal/progress", status_code=200)
    async def progress(request: HttpRequest) -> Response[bytes]:
        body = await read(request, ProgressBody)
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
