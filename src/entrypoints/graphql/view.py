"""GraphQL over HTTP: who asks is known by now, CORS and routing are done."""

import asyncio

from graphql import GraphQLSchema

from domain.errors import BodyTooLarge, RequestMalformed
from domain.identity import Session
from entrypoints.graphql.context import GraphQLUseCases, RequestContext
from entrypoints.graphql.graphiql import GraphiQL
from entrypoints.graphql.limits import LIMIT_CODE, GraphQLLimits
from entrypoints.graphql.media_types import MediaType, is_utf8_json, preferred
from entrypoints.graphql.operations import MutationNotAllowed, Operations, Outcome
from entrypoints.graphql.parameters import Batch, Parameters, from_body, from_query
from entrypoints.graphql.replies import Reply, RequestRejected, batch_reply, rejection, reply
from entrypoints.http.asgi import ClientGone, Receive, Scope, Send, header, headers_named, read_body, respond

_TWO_MEBIBYTES = 2 * 1024 * 1024


class GraphQLView:
    """`body_limit`: bytes. `graphiql`: the page for browsers that open the route; None for none."""

    def __init__(
        self,
        *,
        schema: GraphQLSchema,
        use_cases: GraphQLUseCases,
        limits: GraphQLLimits,
        graphiql: GraphiQL | None = None,
        body_limit: int = _TWO_MEBIBYTES,
    ) -> None:
        self._operations = Operations(schema, limits)
        self._use_cases = use_cases
        self._limits = limits
        self._graphiql = graphiql
        self._body_limit = body_limit

    async def __call__(self, session: Session, scope: Scope, receive: Receive, send: Send) -> None:
        if self._graphiql is not None and self._graphiql.is_wanted(scope):
            await self._graphiql.page(scope, receive, send)
            return
        context = RequestContext(session=session, scope=scope, use_cases=self._use_cases)
        try:
            answer = await self._answer(context, receive)
        except ClientGone:
            return
        await respond(send, answer.status, answer.body, answer.content_type, answer.headers)
        # A page learns its request ids from this response, so frames of the runs wait for it (wire 4.6).
        for started in context.started:
            await self._use_cases.announce_started(started)

    async def _answer(self, context: RequestContext, receive: Receive) -> Reply:
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

    async def _get(self, context: RequestContext, media_type: MediaType) -> Reply:
        parameters = from_query(context.scope.get("query_string", b""), self._limits.value_nesting)
        if parameters is None:
            raise RequestMalformed("The parameter `query` is missing.")
        try:
            return reply(await self._operations(parameters, context, read_only=True), media_type)
        except MutationNotAllowed:
            allow = (b"allow", b"POST")
            raise RequestRejected(405, "method_not_allowed", "Send mutations by POST.", allow) from None

    async def _post(self, context: RequestContext, receive: Receive, media_type: MediaType) -> Reply:
        content_type = header(context.scope, b"content-type") or b""
        if not is_utf8_json(content_type.decode("latin-1")):
            raise RequestRejected(415, "unsupported_media_type", "Send the request as application/json in UTF-8.")
        parameters = from_body(await self._body(context.scope, receive), self._limits.value_nesting)
        if isinstance(parameters, Parameters):
            return reply(await self._operations(parameters, context), media_type)
        return batch_reply(await self._batch(parameters, context), media_type)

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
