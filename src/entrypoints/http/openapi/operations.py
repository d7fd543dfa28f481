"""What each route takes and gives, as data."""

from collections.abc import Mapping

import msgspec

from entrypoints.http.openapi.operation import (
    BODY_REFUSED,
    NOT_A_SESSION,
    NOT_ALLOWED,
    RATE,
    TEXT,
    TROUBLE,
    Answer,
    ErrorReply,
    Operation,
    ok,
)
from entrypoints.http.openapi.pages import PAGES
from entrypoints.http.openapi.streams import STREAMS
from entrypoints.http.routes.auth_bodies import (
    CheckAccessBody,
    CheckAccessReply,
    LoginBody,
    LoginReply,
    ValidateBody,
    ValidateReply,
)
from entrypoints.http.routes.callback_bodies import AsyncCallbackBody, AuthCallbackBody, ProgressBody


class HealthReply(msgspec.Struct):
    status: str
    checks: dict[str, str]


class LogoutReply(msgspec.Struct):
    status: str


class DeliveredReply(msgspec.Struct):
    delivered: bool
    message: str


class QueuedReply(msgspec.Struct):
    status: str
    clientDisconnected: bool = False  # noqa: N815 - the wire's spelling


class ShardReply(msgspec.Struct):
    execution_id: int
    shard_count: int
    shard_index: int
    source: str
    hash_function: str
    seed: int


class DeliveryReply(msgspec.Struct, omit_defaults=True):
    """`reason`, `detail`: of a rejection."""

    status: str
    execution_id: str | None = None
    reason: str | None = None
    detail: str | None = None


def _auth(path: str, summary: str, body: type, reply: type, *, more: Mapping[int, Answer]) -> Operation:
    return Operation(
        method="post",
        path=f"/api/auth/{path}",
        summary=summary,
        body=body,
        answers={**ok(summary, reply), **BODY_REFUSED, **RATE, **TROUBLE, **more},
        tag="auth",
    )


def _internal(path: str, summary: str, body: type, answers: Mapping[int, Answer]) -> Operation:
    denied = {403: Answer(meaning="The internal token is missing or wrong", kind=ErrorReply)}
    return Operation(
        method="post",
        path=f"/api/internal/{path}",
        summary=summary,
        body=body,
        answers={**answers, **BODY_REFUSED, **denied, **TROUBLE},
        tag="workers",
    )


_OF_NOETL = Answer(meaning="Whatever NoETL answers, with its own status", media_type="*/*")


def _proxy(method: str) -> Operation:
    answers = {
        200: _OF_NOETL,
        400: Answer(meaning="The path or the body is refused", kind=ErrorReply),
        401: NOT_A_SESSION,
        403: NOT_ALLOWED,
        504: Answer(meaning="NoETL did not answer in time", kind=ErrorReply),
        **TROUBLE,
    }
    return Operation(
        method=method,
        path="/noetl/{path}",
        summary=f"NoETL's API: {method.upper()} /api/{{path}}",
        answers=answers,
        otherwise=_OF_NOETL,
        any_body=method not in ("get", "head"),
        parameters={"path": ("path", True, "The path below /api/; slashes allowed")},
        needs_session=True,
        tag="proxy",
    )


_INGRESS = Operation(
    method="post",
    path="/ingress/{listener}",
    summary="A webhook or a Pub/Sub push, verified as its listener says",
    any_body=True,
    parameters={"listener": ("path", True, "The listener's name, one path segment")},
    answers={
        202: Answer(meaning="Verified, and its execution started", kind=DeliveryReply),
        401: Answer(meaning="The signature or token is missing or wrong", kind=DeliveryReply),
        403: Answer(
            meaning="Signed by somebody who may not send here, or the listener is not fit", kind=DeliveryReply
        ),
        404: Answer(meaning="No such listener", kind=DeliveryReply),
        413: Answer(meaning="The body is too large", media_type=TEXT),
        **RATE,
        502: Answer(meaning="The listener, its keys or NoETL could not be reached", kind=DeliveryReply),
        503: Answer(meaning="Deliveries are not taken here: no internal token is set", media_type=TEXT),
    },
    tag="deliveries",
)
_UNKNOWN_REQUEST = {404: Answer(meaning="Nobody waits for this request", kind=ErrorReply)}

OPERATIONS: tuple[Operation, ...] = (
    Operation(method="get", path="/health", summary="Alive", answers=ok("ok", media_type=TEXT)),
    Operation(
        method="get",
        path="/ready",
        summary="Able to work",
        answers={**ok("Ready", HealthReply), 503: Answer(meaning="Not ready, and why", kind=HealthReply)},
    ),
    Operation(method="get", path="/metrics", summary="Prometheus metrics", answers=ok("Metrics", media_type=TEXT)),
    Operation(
        method="get", path="/api/runtime/contract", summary="What tools need to know", answers=ok("The contract")
    ),
    Operation(method="get", path="/api/schema", summary="This document", answers=ok("OpenAPI 3.1")),
    _auth(
        "login",
        "An Auth0 token becomes a session",
        LoginBody,
        LoginReply,
        more={401: Answer(meaning="The token is refused, and why", kind=ErrorReply)},
    ),
    _auth("validate", "Is a session valid, and whose is it?", ValidateBody, ValidateReply, more={}),
    _auth("check-access", "May a session use a playbook?", CheckAccessBody, CheckAccessReply, more={}),
    Operation(
        method="post",
        path="/api/auth/logout",
        summary="Ends a session on every replica",
        answers={
            **ok("Logged out", LogoutReply),
            **BODY_REFUSED,
            401: NOT_A_SESSION,
            403: NOT_ALLOWED,
            **RATE,
            **TROUBLE,
        },
        needs_session=True,
        tag="auth",
    ),
    *STREAMS,
    Operation(
        method="get",
        path="/sharding/preview",
        summary="Which shard an execution lives on",
        answers={**ok("The shard", ShardReply), 400: Answer(meaning="A parameter is wrong", media_type="*/*")},
        parameters={
            "execution_id": ("query", True, "A signed 64-bit integer"),
            "shard_count": ("query", True, "1 to 1024"),
        },
    ),
    _internal("callback", "An auth playbook answers", AuthCallbackBody, ok("Delivered or not", DeliveredReply)),
    _internal(
        "callback/async",
        "A run's result",
        AsyncCallbackBody,
        {
            **ok("Stored; the client is connected", QueuedReply),
            202: Answer(meaning="Stored; the client gets it when it is back", kind=QueuedReply),
            **_UNKNOWN_REQUEST,
        },
    ),
    _internal("progress", "A run's progress", ProgressBody, {**ok("Stored", QueuedReply), **_UNKNOWN_REQUEST}),
    *(_proxy(method) for method in ("get", "post", "put", "delete", "patch")),
    _INGRESS,
    *PAGES,
)
