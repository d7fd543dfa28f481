"""Use cases that remember how they were called, and ASGI without a server."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from domain.clients import ClientId
from domain.errors import GatewayError
from domain.events import EventId
from domain.identity import Session, SessionToken, User
from domain.json_values import JsonValue
from domain.playbooks import Execution, ExecutionOrder
from domain.proxying import Headers
from domain.use_cases.call_api import ApiReply
from domain.use_cases.execute_playbook import Started
from domain.use_cases.follow_execution import FollowExecution
from domain.use_cases.stream_events import StreamEvents
from entrypoints.graphql.context import GraphQLUseCases
from entrypoints.graphql.engine import GraphQLEngine
from entrypoints.graphql.graphiql import GraphiQL
from entrypoints.graphql.limits import GraphQLLimits
from entrypoints.graphql.operations import Operations
from entrypoints.graphql.schema import build_schema
from entrypoints.graphql.view import GraphQLView
from entrypoints.http.asgi import Message, Scope

EXECUTION_ID = "635891123456789012"
REQUEST_ID = "7f9f0a43-9c5d-4a44-9d27-6a4b3d2a4f10"
CLIENT_ID = "home1-abcdefghijklmnop"
EMPTY_REPLY = ApiReply(status=200, body=b"{}")
JSON_HEADERS = ((b"content-type", b"application/json"),)


def a_session() -> Session:
    user = User(user_id=7, email="ada@example.test", display_name="Ada")
    return Session(token=SessionToken("token-of-ada", True), user=user)


@dataclass(kw_only=True)
class FakeNoetl:
    """Starts whatever it is told to; `failure` is raised instead, `reply` answers API calls."""

    name: str | None = None
    status: str | None = "started"
    failure: Exception | None = None
    reply: ApiReply | Exception = EMPTY_REPLY
    orders: list[tuple[ExecutionOrder, str | None]] = field(default_factory=list)
    reruns: list[tuple[str, JsonValue, str | None]] = field(default_factory=list)
    calls: list[tuple[str, str, bytes | None, Headers]] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)

    async def execute(self, session: Session, order: ExecutionOrder, client_id: str | None) -> Started:
        self.orders.append((order, client_id))
        return self._started(client_id)

    async def rerun(self, session: Session, execution_id: str, workload: JsonValue, client_id: str | None) -> Started:
        self.reruns.append((execution_id, workload, client_id))
        return self._started(client_id)

    async def call(
        self, session: Session, method: str, endpoint: str, body: bytes | None, headers: Headers
    ) -> ApiReply:
        self.calls.append((method, endpoint, body, headers))
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply

    async def announce(self, started: Started) -> None:
        self.happened.append(f"announced {started.request_id}")

    def use_cases(self) -> GraphQLUseCases:
        return GraphQLUseCases(
            execute_playbook=self.execute,
            rerun_execution=self.rerun,
            call_api=self.call,
            announce_started=self.announce,
            stream_events=cast(StreamEvents, None),
            follow_execution=cast(FollowExecution, None),
            upstream_headers=lambda session, scope: ((b"x-session-token", session.token.text.encode()),),
        )

    def _started(self, client_id: str | None) -> Started:
        if self.failure is not None:
            raise self.failure
        execution = Execution(execution_id=EXECUTION_ID, name=self.name, status=self.status)
        if client_id is None:
            return Started(execution=execution)
        return Started(
            execution=execution,
            request_id=REQUEST_ID,
            position=EventId("epoch1", 42),
            client_id=ClientId.parse(client_id),
        )


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.json["errors"]]

    @property
    def messages(self) -> list[str]:
        return [error["message"] for error in self.json["errors"]]


@dataclass(kw_only=True)
class Client:
    """Talks to a view as a server would."""

    noetl: FakeNoetl = field(default_factory=FakeNoetl)
    limits: GraphQLLimits = field(default_factory=GraphQLLimits)
    body_limit: int = 2 * 1024 * 1024
    graphiql: GraphiQL | None = field(default_factory=GraphiQL)

    def __post_init__(self) -> None:
        engine = GraphQLEngine(
            operations=Operations(build_schema(), self.limits), use_cases=self.noetl.use_cases(), limits=self.limits
        )
        self.view = GraphQLView(engine, graphiql=self.graphiql, body_limit=self.body_limit)

    async def run(self, query: str, accept: bytes = b"*/*", **members: Any) -> Answer:
        return await self.post({"query": query, **members}, accept)

    async def post(self, content: Any, accept: bytes = b"*/*") -> Answer:
        return await self.send("POST", msgspec.json.encode(content), (*JSON_HEADERS, (b"accept", accept)))

    async def get(self, query_string: bytes, accept: bytes = b"*/*", method: str = "GET") -> Answer:
        return await self.send(method, headers=[(b"accept", accept)], query_string=query_string)

    async def send(
        self,
        method: str,
        body: bytes = b"",
        headers: Iterable[tuple[bytes, bytes]] = (),
        query_string: bytes = b"",
        chunks: Sequence[Message] | None = None,
    ) -> Answer:
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": "/graphql",
            "query_string": query_string,
            "headers": list(headers),
        }
        incoming = list(chunks or [{"type": "http.request", "body": body}])
        sent: list[Message] = []

        async def receive() -> Message:
            return incoming.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)
            self.noetl.happened.append(f"sent {message['type']}")

        await self.view(a_session(), scope, receive, send)
        return _answer(sent)


def _answer(sent: Sequence[Message]) -> Answer:
    if not sent:
        return Answer(status=0, headers={}, body=b"")
    start, *bodies = sent
    return Answer(
        status=start["status"], headers=dict(start["headers"]), body=b"".join(part["body"] for part in bodies)
    )


def refused_with(error: GatewayError) -> FakeNoetl:
    return FakeNoetl(failure=error)
