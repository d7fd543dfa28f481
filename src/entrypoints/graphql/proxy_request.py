"""`proxyRequest`: one NoETL API call, its answer inside the GraphQL answer (wire 6)."""

import msgspec
import strawberry

from domain.errors import UpstreamMisbehaved, UpstreamSuspended, UpstreamTimedOut, UpstreamUnreachable
from domain.proxying import Headers
from domain.use_cases.call_api import ApiReply
from entrypoints.graphql.context import RequestContext
from entrypoints.graphql.json_scalar import JSON
from entrypoints.graphql.object_types import ProxyRequestInput, ProxyResponse

_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
_CALL_FAILURES = (UpstreamUnreachable, UpstreamTimedOut, UpstreamMisbehaved, UpstreamSuspended)
_LONGEST_DETAIL = 500


async def call_noetl(context: RequestContext, call: ProxyRequestInput) -> ProxyResponse:
    """A call that fails is an answer; one that may not be made is an error: raises what the policy raises."""
    method = call.method.upper()
    if method not in _METHODS:
        return _failure(f"Unsupported HTTP method: {call.method}")
    body = None if call.body is None or call.body is strawberry.UNSET else msgspec.json.encode(call.body)
    headers = context.use_cases.upstream_headers(context.session, context.scope)
    try:
        reply = await context.use_cases.call_api(
            context.session, method, call.endpoint, body, [*headers, *_content_headers(body)]
        )
    except _CALL_FAILURES as error:
        return _failure(str(error))
    if 200 <= reply.status < 300:
        return ProxyResponse(success=True, data=_data(reply.body), error=None)
    return _failure(f"API call failed: {reply.status}{_detail(reply)}")


def _content_headers(body: bytes | None) -> Headers:
    accept = (b"accept", b"application/json")
    return (accept,) if body is None else (accept, (b"content-type", b"application/json"))


def _failure(sentence: str) -> ProxyResponse:
    return ProxyResponse(success=False, data=None, error=sentence)


def _data(body: bytes) -> JSON:
    """The JSON as it was sent, so that no number loses a digit; anything else as `{"data": "<text>"}`."""
    try:
        body.decode("utf-8")  # which reading into Raw does not look at
        return JSON(msgspec.json.decode(body, type=msgspec.Raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return JSON({"data": body.decode("utf-8", "replace")})


class _Problem(msgspec.Struct):
    """The members in which NoETL's servers say what is wrong with a request."""

    detail: object = None
    error: object = None
    message: object = None


def _detail(reply: ApiReply) -> str:
    """What was wrong with the request, if that is said in words; never the text of a server error (D29)."""
    if not 400 <= reply.status < 500:
        return ""
    try:
        problem = msgspec.json.decode(reply.body, type=_Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    texts = (problem.detail, problem.error, problem.message)
    return next((f" - {text[:_LONGEST_DETAIL]}" for text in texts if isinstance(text, str) and text), "")
