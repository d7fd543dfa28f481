"""What each route takes and gives, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from entrypoints.http.routes.auth_bodies import (
    CheckAccessBody,
    CheckAccessReply,
    LoginBody,
    LoginReply,
    ValidateBody,
    ValidateReply,
)
from entrypoints.http.routes.callbacks import AsyncCallbackBody, AuthCallbackBody, ProgressBody


class ErrorReply(msgspec.Struct):
    error: str


class HealthReply(msgspec.Struct):
    status: str
    checks: dict[str, str]


class LogoutReply(msgspec.Struct):
    status: str


class TicketReply(msgspec.Struct):
    ticket: str
    expires_in: int


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


class GraphQLRequest(msgspec.Struct):
    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None  # noqa: N815 - the specification's spelling


JSON = "application/json"
TEXT = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`kind`: the msgspec type of a JSON body, None for a body of `media_type` without a schema."""

    meaning: str
    kind: type | None = None
    media_type: str | None = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`parameters`: name to (where, required, meaning)."""

    method: str
    path: str
    summary: str
    answers: Mapping[int, Answer]
    body: type | None = None
    any_body: bool = False
    parameters: Mapping[str, tuple[str, bool, str]] = field(default_factory=dict)
    needs_session: bool = False
    tag: str = "gateway"


_NOT_A_SESSION = Answer(meaning="There is no valid session", media_type=TEXT)
_NOT_ALLOWED = Answer(meaning="Known, but not allowed", kind=ErrorReply)
_TROUBLE = {
    500: Answer(meaning="The gateway made a mistake, or a back end gave an incomplete answer", kind=ErrorReply),
    502: Answer(meaning="A back end failed", kind=ErrorReply),
    503: Answer(meaning="A back end is away or too slow; see Retry-After", kind=ErrorReply),
}
_BODY_REFUSED = {
    400: Answer(meaning="The body is not JSON", media_type=TEXT),
    413: Answer(meaning="The body is too large", media_type=TEXT),
    415: Answer(meaning="The content type is not JSON", media_type=TEXT),
    422: Answer(meaning="The body has not the expected shape", media_type=TEXT),
}
_RATE = {429: Answer(meaning="Too many requests; see Retry-After", kind=ErrorReply)}
_STREAM_PARAMETERS = {
    "session_token": ("query", False, "The session token, for clients that cannot send headers"),
    "ticket": ("query", False, "A one-time ticket in place of the token"),
    "client_id": ("query", False, "The client to resume"),
    "last_event_id": ("query", False, "The last event that was received, like the header Last-Event-ID"),
}


def _ok(meaning: str, kind: type | None = None, media_type: str | None = JSON) -> dict[int, Answer]:
    return {200: Answer(meaning=meaning, kind=kind, media_type=media_type)}


def _auth(path: str, summary: str, body: type, reply: type, *, more: Mapping[int, Answer]) -> Operation:
    return Operation(
        method="post",
        path=f"/api/auth/{path}",
        summary=summary,
        body=body,
        answers={**_ok(summary, reply), **_BODY_REFUSED, **_RATE, **_TROUBLE, **more},
        tag="auth",
    )


def _internal(path: str, summary: str, body: type, answers: Mapping[int, Answer]) -> Operation:
    denied = {403: Answer(meaning="The internal token is missing or wrong", kind=ErrorReply)}
    return Operation(
        method="post",
        path=f"/api/internal/{path}",
        summary=summary,
        body=body,
        answers={**answers, **_BODY_REFUSED, **denied, **_TROUBLE},
        tag="workers",
    )


def _proxy(method: str) -> Operation:
    answers = {
        200: Answer(meaning="Whatever NoETL answers, with its own status", media_type="*/*"),
        400: Answer(meaning="The path or the body is refused", kind=ErrorReply),
        401: _NOT_A_SESSION,
        403: _NOT_ALLOWED,
        504: Answer(meaning="NoETL did not answer in time", kind=ErrorReply),
        **_TROUBLE,
    }
    return Operation(
        method=method,
        path="/noetl/{path}",
        summary=f"NoETL's API: {method.upper()} /api/{{path}}",
        answers=answers,
        any_body=method not in ("get", "head"),
        parameters={"path": ("path", True, "The path below /api/; slashes allowed")},
        needs_session=True,
        tag="proxy",
    )


_UNKNOWN_REQUEST = {404: Answer(meaning="Nobody waits for this request", kind=ErrorReply)}

OPERATIONS: tuple[Operation, ...] = (
    Operation(method="get", path="/health", summary="Alive", answers=_ok("ok", media_type=TEXT)),
    Operation(
        method="get",
        path="/ready",
        summary="Able to work",
        answers={**_ok("Ready", HealthReply), 503: Answer(meaning="Not ready, and why", kind=HealthReply)},
    ),
    Operation(method="get", path="/metrics", summary="Prometheus metrics", answers=_ok("Metrics", media_type=TEXT)),
    Operation(
        method="get", path="/api/runtime/contract", summary="What tools need to know", answers=_ok("The contract")
    ),
    Operation(method="get", path="/api/schema", summary="This document", answers=_ok("OpenAPI 3.1")),
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
        answers={**_ok("Logged out", LogoutReply), **_BODY_REFUSED, 401: _NOT_A_SESSION, **_RATE, **_TROUBLE},
        needs_session=True,
        tag="auth",
    ),
    Operation(
        method="post",
        path="/api/events/ticket",
        summary="A one-time ticket for a stream",
        answers={**_ok("A ticket", TicketReply), 401: _NOT_A_SESSION, 403: _NOT_ALLOWED, **_TROUBLE},
        needs_session=True,
        tag="streams",
    ),
    Operation(
        method="get",
        path="/events",
        summary="The stream of live results; also how a refused session is told, as an `error` event",
        answers={**_ok("Server-sent events", media_type="text/event-stream"), **_RATE, **_TROUBLE},
        parameters=_STREAM_PARAMETERS,
        needs_session=True,
        tag="streams",
    ),
    Operation(
        method="post",
        path="/graphql",
        summary="GraphQL over HTTP",
        body=GraphQLRequest,
        answers={
            **_ok("Data and errors"),
            400: Answer(meaning="Not a GraphQL request"),
            401: _NOT_A_SESSION,
            403: _NOT_ALLOWED,
            405: Answer(meaning="Mutations need POST"),
            413: Answer(meaning="The body is too large"),
            415: Answer(meaning="The content type is not JSON"),
            **_TROUBLE,
        },
        needs_session=True,
        tag="graphql",
    ),
    Operation(
        method="get",
        path="/sharding/preview",
        summary="Which shard an execution lives on",
        answers={**_ok("The shard", ShardReply), 400: Answer(meaning="A parameter is wrong", media_type="*/*")},
        parameters={
            "execution_id": ("query", True, "A signed 64-bit integer"),
            "shard_count": ("query", True, "1 to 1024"),
        },
    ),
    _internal("callback", "An auth playbook answers", AuthCallbackBody, _ok("Delivered or not", DeliveredReply)),
    _internal(
        "callback/async",
        "A run's result",
        AsyncCallbackBody,
        {
            **_ok("Stored; the client is connected", QueuedReply),
            202: Answer(meaning="Stored; the client gets it when it is back", kind=QueuedReply),
            **_UNKNOWN_REQUEST,
        },
    ),
    _internal("progress", "A run's progress", ProgressBody, {**_ok("Stored", QueuedReply), **_UNKNOWN_REQUEST}),
    *(_proxy(method) for method in ("get", "post", "put", "delete", "patch")),
)
