"""Live results in all the ways in which they can be had, and GraphQL."""

from typing import Any

import msgspec

from entrypoints.http.openapi.operation import (
    NOT_A_SESSION,
    NOT_ALLOWED,
    RATE,
    TROUBLE,
    Answer,
    ErrorReply,
    Operation,
    ok,
)


class TicketReply(msgspec.Struct):
    ticket: str
    expires_in: int


class PolledFrame(msgspec.Struct):
    """`data`: the JSON-RPC notification."""

    id: str
    event: str
    data: dict[str, Any]


class PollReply(msgspec.Struct, omit_defaults=True):
    """`position`: the next request's last_event_id. `reset`: history is missing, ask how your runs stand."""

    clientId: str  # noqa: N815 - the wire's spelling
    position: str
    frames: list[PolledFrame]
    reset: bool
    pendingRequests: list[dict[str, Any]] | None = None  # noqa: N815 - likewise


class GraphQLRequest(msgspec.Struct):
    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None  # noqa: N815 - the specification's spelling


_EVENT_STREAM = "text/event-stream"
_OPENING = {
    "session_token": ("query", False, "The session token, for clients that cannot send headers"),
    "ticket": ("query", False, "A one-time ticket in place of the token"),
}
_RESUMING = {
    "client_id": ("query", False, "The client to resume"),
    "last_event_id": ("query", False, "The last event that was received, like the header Last-Event-ID"),
}
_GRAPHQL = {
    **ok("Data and errors; server-sent events for those who accept only them"),
    400: Answer(meaning="Not a GraphQL request"),
    401: NOT_A_SESSION,
    403: NOT_ALLOWED,
    405: Answer(meaning="Mutations need POST"),
    413: Answer(meaning="The body is too large"),
    415: Answer(meaning="The content type is not JSON"),
    429: Answer(meaning="Too many open streams; see Retry-After"),
    **TROUBLE,
}

STREAMS = (
    Operation(
        method="post",
        path="/api/events/ticket",
        summary="A one-time ticket for a stream",
        answers={**ok("A ticket", TicketReply), 401: NOT_A_SESSION, 403: NOT_ALLOWED, **TROUBLE},
        needs_session=True,
        tag="streams",
    ),
    Operation(
        method="get",
        path="/events",
        summary="The stream of live results; also how a refused session is told, as an `error` event",
        answers={**ok("Server-sent events", media_type=_EVENT_STREAM), **RATE, **TROUBLE},
        parameters={**_OPENING, **_RESUMING},
        needs_session=True,
        tag="streams",
    ),
    Operation(
        method="get",
        path="/api/events/poll",
        summary="The same frames by long polling, for networks that swallow streams",
        answers={
            **ok("What has come, perhaps nothing", PollReply),
            400: Answer(meaning="`wait` is no number of seconds", kind=ErrorReply),
            401: NOT_A_SESSION,
            409: Answer(meaning="Another connection has taken this client over", kind=ErrorReply),
            **RATE,
            **TROUBLE,
        },
        parameters={**_OPENING, **_RESUMING, "wait": ("query", False, "Seconds, 55 at most; 25 if not given")},
        needs_session=True,
        tag="streams",
    ),
    Operation(
        method="get",
        path="/ws",
        summary="The same over WebSocket, as JSON-RPC 2.0: initialize, playbook/execute, playbook/rerun, ping",
        answers={
            101: Answer(
                meaning="A WebSocket; a refusal is a JSON-RPC error and close code 4401, 4403 or 1013",
                media_type=None,
            ),
            426: Answer(meaning="Not a WebSocket handshake", media_type=None),
        },
        parameters=_OPENING,
        needs_session=True,
        tag="streams",
    ),
    Operation(
        method="get",
        path="/graphql",
        summary="A GraphQL query; the GraphiQL page for browsers; graphql-transport-ws over WebSocket",
        answers={**_GRAPHQL, 101: Answer(meaning="A WebSocket of graphql-transport-ws", media_type=None)},
        parameters={
            "query": ("query", True, "The document"),
            "variables": ("query", False, "A JSON object"),
            "operationName": ("query", False, "Which operation of the document"),
        },
        needs_session=True,
        tag="graphql",
    ),
    Operation(
        method="post",
        path="/graphql",
        summary="GraphQL over HTTP",
        body=GraphQLRequest,
        answers=_GRAPHQL,
        needs_session=True,
        tag="graphql",
    ),
)
