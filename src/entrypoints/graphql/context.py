"""What the resolvers get: who asks, what can be done, and what was started on the way."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from strawberry.types import Info

from domain.identity import Session
from domain.json_values import JsonValue
from domain.playbooks import ExecutionOrder
from domain.proxying import Headers
from domain.use_cases.call_api import ApiReply
from domain.use_cases.execute_playbook import Started
from domain.use_cases.follow_execution import FollowExecution
from domain.use_cases.stream_events import StreamEvents
from entrypoints.http.asgi import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLUseCases:
    """The use cases of the same names, or anything that is called like them.

    `upstream_headers` makes the headers of an API call: identity, request id and trace, lower-case names,
    without those that describe the body.
    """

    execute_playbook: Callable[[Session, ExecutionOrder, str | None], Awaitable[Started]]
    rerun_execution: Callable[[Session, str, JsonValue, str | None], Awaitable[Started]]
    call_api: Callable[[Session, str, str, bytes | None, Headers], Awaitable[ApiReply]]
    announce_started: Callable[[Started], Awaitable[None]]
    stream_events: StreamEvents
    follow_execution: FollowExecution
    upstream_headers: Callable[[Session, Scope], Headers]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """`started` grows while the resolvers run; it is announced once the response is out (wire 4.6).

    For subscriptions: `buffer_bytes` of frames that may wait to be read, and the `last_event_id` of a stream that
    has broken.
    """

    session: Session
    scope: Scope
    use_cases: GraphQLUseCases
    buffer_bytes: int = 4_194_304
    last_event_id: str | None = None
    started: list[Started] = field(default_factory=list)


RequestInfo = Info[RequestContext, None]
