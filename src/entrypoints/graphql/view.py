"""GraphQL over HTTP: who asks is known by now, CORS and routing are done."""

import asyncio
from dataclasses import dataclass

from domain.errors import BodyTooLarge, RequestMalformed, TooManyRequests
from domain.identity import Session
from entrypoints.graphql.context import RequestContext
from entrypoints.graphql.engine import GraphQLEngine
from entrypoints.graphql.event_stream import GraphQLEventStreams, Prepared
from entrypoints.graphql.graphiql import GraphiQL
from entrypoints.graphql.limits import LIMIT_CODE
from entrypoints.graphql.media_types import MediaType, is_utf8_json, preferred
from entrypoints.graphql.operations import MutationNotAllowed
from entrypoints.graphql.outcomes import Outcome
from entrypoints.graphql.parameters import Batch, Parameters, from_body, from_query
from entrypoints.graphql.replies import Reply, RequestRejected, batch_reply, rejection, reply
from entrypoints.http.asgi import ClientGone, Receive, Scope, Send, header, headers_named, read_body, respond

_TWO_MEBIBYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Streamed:
    """An operation whose outcomes go out as they come."""

    prepared: Prepared
    through: GraphQLEventStreams


class GraphQLView:
    """`body_limit`: bytes. `graphiql`: the page for browsers that open the route; None for none. `streams`: for
    clients that want server-sent events; None if nobody gets them.
    """

    def __init__(
        self,
        engine: GraphQLEngine,
        *,
        graphiql: GraphiQL | None = None,
        streams: GraphQLEventStreams | None = None,
        body_limit: int = _TWO_MEBIBYTES,
    ) -> None:
        self._engine = engine
        self._operations = engine.operations
        self._limits = engine.limits
        self._graphiql = graphiql
        self._streams = streams
        self._body_limit = body_limit

    async def __call__(self, session: Session, scope: Scope, receive: Receive, send: Send) -> None:
        if self._graphiql is not None and self._graphiql.is_wanted(scope):
            await self._graphiql.page(scope, receive, send)
            return
        last_event = header(scope, b"last-event-id")
        context = self._engine.context(session, scope, last_event.decode("latin-1") if last_event else None)
        try:
            answer = await self._answer(context, receive)
        except ClientGone:
            return
        if isinstance(answer, Streamed):
            await self._stream(answer, context, receive, send)
        else:
            await _respond(answer, send)
            await self._engine.announce(context)

    async def _stream(self, streamed: Streamed, context: RequestContext, receive: Receive, send: Send) -> None:
        try:
            await streamed.through(context, streamed.prepared, receive, send)
        except TooManyRequests as error:
            retry_after = (b"retry-after", b"%d" % max(1, round(error.retry_after)))
            rejected = RequestRejected(429, error.code, str(error), retry_after)
            await _respond(rejection(rejected, MediaType.JSON), send)

    async def _answer(self, context: RequestContext, receive: Receive) -> Reply | Streamed:
        media_type = preferred(headers_named(context.scope, b"accept"))
        try:
            method = context.scope["method"]
            if method == "POST":
                return await self._post(context, receive, media_type)
            if method in ("GET", "HEAD"):
                return await self._get(context, media_type)
            allow = (b"allow", b"GET, HEAD, POST")
            raise RequestRejected(405, "method_not_allowed", "Send GraphQL requests by POST or GET.", allow)
        except RequestRejected as rejected:
            return rejection(rejected, media_type)
        except RequestMalformed as malformed:
            return rejection(RequestRejected(400, malformed.code, str(malformed)), media_type)

    async def _get(self, context: RequestContext, media_type: MediaType) -> Reply | Streamed:
        parameters = from_query(context.scope.get("query_string", b""), self._limits.value_nesting)
        if parameters is None:
            raise RequestMalformed("The parameter `query` is missing.")
        try:
            return await self._one(parameters, context, media_type, read_only=True)
        except MutationNotAllowed:
            allow = (b"allow", b"POST")
            raise RequestRejected(405, "method_not_allowed", "Send mutations by POST.", allow) from None

    async def _post(self, context: RequestContext, receive: Receive, media_type: MediaType) -> Reply | Streamed:
        content_type = header(context.scope, b"content-type") or b""
        if not is_utf8_json(content_type.decode("latin-1")):
            raise RequestRejected(415, "unsupported_media_type", "Send the request as application/json in UTF-8.")
        parameters = from_body(await self._body(context.scope, receive), self._limits.value_nesting)
        if isinstance(parameters, Parameters):
            return await self._one(parameters, context, media_type)
        return batch_reply(await self._batch(parameters, context), media_type)

    async def _one(
        self, parameters: Parameters, context: RequestContext, media_type: MediaType, *, read_only: bool = False
    ) -> Reply | Streamed:
        if media_type is MediaType.EVENT_STREAM and self._streams is not None:
            return Streamed(self._operations.prepare(parameters, context, read_only), self._streams)
        return reply(await self._operations(parameters, context, read_only), media_type)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        announced = header(scope, b"content-length") or b""
        too_large = announced.isdigit() and int(announced) > self._body_limit
        body = None if too_large else await read_body(receive, self._body_limit)
        if body is None:
            raise RequestRejected(413, BodyTooLarge.code, f"The request is longer than {self._body_limit} bytes.")
        return body

    async def _batch(self, batch: Batch, context: RequestContext) -> list[Outcome]:
        if not batch:
            raise RequestMalformed("The batch is empty.")
        if len(batch) > self._limits.batch:
            sentence = f"The batch has {len(batch)} operations; {self._limits.batch} are allowed."
            raise RequestRejected(400, LIMIT_CODE, sentence)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._operations(one, context)) for one in batch]
        return [task.result() for task in tasks]


async def _respond(answer: Reply, send: Send) -> None:
    await respond(send, answer.status, answer.body, answer.content_type, answer.headers)
