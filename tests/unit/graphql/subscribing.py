"""A small client of graphql-transport-ws and of GraphQL over server-sent events."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from tests.unit.running_gateway import PLAYBOOK, RunningGateway
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from domain.identity import Session

PROTOCOL = "graphql-transport-ws"
RESULTS = """subscription Results($clientId: String!, $last: String) {
  playbookResults(clientId: $clientId, lastEventId: $last) {
    __typename eventId
    ... on PlaybookProgress { requestId executionId step message progress }
    ... on PlaybookState { executionId eventType stepName status at synthetic }
    ... on PlaybookResult { requestId executionId status data error { code message data } }
    ... on HistoryLost { reason }
  }
}"""
EVENTS = """subscription Events($executionId: String!, $last: String) {
  executionEvents(executionId: $executionId, lastEventId: $last) { eventId eventType stepName status synthetic }
}"""
RUN = (
    "mutation Run($clientId: String) { "
    f'executePlaybook(name: "{PLAYBOOK}", clientId: $clientId) {{ requestId executionId position }} }}'
)


class Subscriber:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, **message: object) -> None:
        await self.socket.send(json.dumps(message))

    async def read(self) -> Any:
        return json.loads(await self.socket.recv())

    async def initialise(self, payload: object = None) -> None:
        await self.send(type="connection_init", **({} if payload is None else {"payload": payload}))
        assert await self.read() == {"type": "connection_ack"}

    async def subscribe(self, query: str, operation_id: str = "1", **variables: object) -> None:
        await self.send(id=operation_id, type="subscribe", payload={"query": query, "variables": variables})

    async def next(self, operation_id: str = "1") -> Any:
        """The data of the next result, which must be one of this operation and without errors."""
        message = await self.read()
        assert (message["type"], message["id"]) == ("next", operation_id), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def result(self, operation_id: str = "1") -> Any:
        (value,) = (await self.next(operation_id)).values()
        return value

    async def error(self, operation_id: str = "1") -> Any:
        message = await self.read()
        assert (message["type"], message["id"]) == ("error", operation_id), message
        return message["payload"][0]

    async def completed(self, operation_id: str = "1") -> None:
        assert await self.read() == {"id": operation_id, "type": "complete"}

    async def run(self, client_id: str, operation_id: str = "run") -> Any:
        await self.subscribe(RUN, operation_id, clientId=client_id)
        started = await self.result(operation_id)
        await self.completed(operation_id)
        return started

    async def closed(self) -> tuple[int, str]:
        try:
            while True:
                await self.socket.recv()
        except ConnectionClosed as end:
            assert end.rcvd is not None
            return end.rcvd.code, end.rcvd.reason


@asynccontextmanager
async def connected(
    gateway: RunningGateway,
    session: Session | None = None,
    *,
    path: str = "/graphql",
    headers: Mapping[str, str] | None = None,
    protocol: str | None = PROTOCOL,
) -> AsyncIterator[Subscriber]:
    token = {"x-session-token": session.token.text} if session else {}
    protocols = [Subprotocol(protocol)] if protocol else None
    async with connect(
        gateway.url(path), additional_headers={**token, **(headers or {})}, subprotocols=protocols, max_size=None
    ) as socket:
        yield Subscriber(socket)


@asynccontextmanager
async def initialised(gateway: RunningGateway, session: Session) -> AsyncIterator[Subscriber]:
    async with connected(gateway, session) as subscriber:
        await subscriber.initialise()
        yield subscriber


async def a_client(gateway: RunningGateway, session: Session) -> str:
    """The id of a client that nobody is connected as."""
    async with gateway.http(session) as client:
        client_id: str = (await client.get("/api/events/poll")).json()["clientId"]
        return client_id


@dataclass
class Event:
    name: str
    data: str
    event_id: str | None

    @property
    def json(self) -> Any:
        return json.loads(self.data)


class Events:
    """Reads an event stream as the standard says."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.comments = 0
        self._lines = response.aiter_lines()

    async def next(self) -> Event:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line.startswith(":"):
                self.comments += 1
            elif line:
                name, _, value = line.partition(":")
                fields[name] = f"{fields[name]}\n{value[1:]}" if name in fields else value.removeprefix(" ")
            elif fields:
                return Event(fields.get("event", "message"), fields.get("data", ""), fields.get("id"))
        raise EOFError

    async def rest(self) -> list[Event]:
        events: list[Event] = []
        try:
            while True:
                events.append(await self.next())
        except EOFError:
            return events


@asynccontextmanager
async def streaming(
    client: httpx.AsyncClient,
    query: str,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    **variables: object,
) -> AsyncIterator[Events]:
    accept = {"accept": "text/event-stream", **(headers or {})}
    content: Any = {"query": query, "variables": variables}
    if method == "POST":
        request = client.stream(method, "/graphql", json=content, headers=accept)
    else:
        parameters = {"query": query, "variables": json.dumps(variables)}
        request = client.stream(method, "/graphql", params=parameters, headers=accept)
    async with request as response:
        yield Events(response)
