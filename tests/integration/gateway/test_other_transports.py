"""The frames of /events by every other way, on a real NATS, with the run on one gateway and its frames at another."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from tests.integration.gateway.conftest import Deployment
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

pytestmark = pytest.mark.integration

PLAYBOOK = "demo/steps"
VARIABLES = {"seconds": 0.3}
RUN = """mutation($c: String) {
  executePlaybook(name: "demo/steps", variables: {seconds: 0.3}, clientId: $c) { requestId executionId }
}"""
RESULTS = """subscription($c: String!) {
  playbookResults(clientId: $c) {
    __typename eventId ... on PlaybookProgress { message } ... on PlaybookResult { requestId status data }
  }
}"""
EVENTS = "subscription($e: String!) { executionEvents(executionId: $e) { eventType status synthetic } }"


async def run(client: httpx.AsyncClient, client_id: str) -> Any:
    reply = await client.post("/graphql", json={"query": RUN, "variables": {"c": client_id}})
    return reply.json()["data"]["executePlaybook"]


@asynccontextmanager
async def websocket(
    client: httpx.AsyncClient, path: str, protocol: str | None = None
) -> AsyncIterator[ClientConnection]:
    url = f"{client.base_url}".rstrip("/").replace("http", "ws", 1) + path
    headers = {"authorization": client.headers["authorization"]}
    protocols = [Subprotocol(protocol)] if protocol else None
    async with (
        asyncio.timeout(20),
        connect(url, additional_headers=headers, subprotocols=protocols, max_size=None) as socket,
    ):
        yield socket


async def ask(socket: ClientConnection, method: str, **params: object) -> Any:
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
    while (message := json.loads(await socket.recv())).get("id") != method:
        pass
    return message["result"]


async def until(socket: ClientConnection, method: str) -> tuple[Any, list[str]]:
    """The first frame of `method`, and the methods of those before it."""
    before: list[str] = []
    while (frame := json.loads(await socket.recv())).get("method") != method:
        before.append(frame["method"])
    return frame, before


async def subscribe(socket: ClientConnection, query: str, **variables: str) -> None:
    await socket.send('{"type":"connection_init"}')
    assert json.loads(await socket.recv()) == {"type": "connection_ack"}
    await socket.send(
        json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query, "variables": variables}})
    )


async def test_json_rpc_from_initialize_to_the_result_and_on_at_another_gateway(deployment: Deployment) -> None:
    async with deployment.gateway() as first, deployment.gateway() as second:
        second.headers["authorization"] = f"Bearer {await deployment.log_in(first)}"
        async with websocket(first, "/ws") as socket:
            client_id = (await ask(socket, "initialize"))["clientId"]
            started = await ask(socket, "playbook/execute", name=PLAYBOOK, variables=VARIABLES)
            progress, _ = await until(socket, "playbook/progress")
        async with websocket(second, "/ws") as socket:
            resumed = await ask(socket, "initialize", lastEventId=progress["eventId"])
            assert resumed["clientId"] == client_id
            result, before = await until(socket, "playbook/result")
        assert result["params"]["requestId"] == started["requestId"]
        assert before.count("playbook/progress") == 4


async def test_polling_from_one_gateway_to_the_next(deployment: Deployment) -> None:
    async with deployment.gateway() as first, deployment.gateway() as second:
        second.headers["authorization"] = f"Bearer {await deployment.log_in(first)}"
        answer = (await first.get("/api/events/poll")).json()
        started = await run(first, answer["clientId"])
        frames: list[Any] = []
        for turn in range(20):
            parameters = {"client_id": answer["clientId"], "last_event_id": answer["position"], "wait": 10}
            reply = await (first if turn % 2 else second).get("/api/events/poll", params=parameters)
            assert reply.status_code == 200
            answer = reply.json()
            frames += answer["frames"]
            if any(frame["event"] == "playbook/result" for frame in frames):
                break
        ids = [frame["id"] for frame in frames]
        assert len(set(ids)) == len(ids)
        assert [frame["event"] for frame in frames].count("playbook/progress") == 5
        results = [frame["data"]["params"] for frame in frames if frame["event"] == "playbook/result"]
        assert [result["requestId"] for result in results] == [started["requestId"]]


async def test_subscriptions_at_another_gateway_than_the_run(deployment: Deployment) -> None:
    async with deployment.gateway() as first, deployment.gateway() as second:
        second.headers["authorization"] = f"Bearer {await deployment.log_in(first)}"
        client_id = (await first.get("/api/events/poll")).json()["clientId"]
        started = await run(first, client_id)
        async with (
            websocket(second, "/graphql", "graphql-transport-ws") as results,
            websocket(second, "/graphql", "graphql-transport-ws") as following,
            websocket(first, "/graphql", "graphql-transport-ws") as at_home,
        ):
            await subscribe(results, RESULTS, c=client_id)
            for socket in (following, at_home):
                await subscribe(socket, EVENTS, e=started["executionId"])

            kinds = []
            while True:
                frame = json.loads(await results.recv())["payload"]["data"]["playbookResults"]
                kinds.append(frame["__typename"])
                if frame["__typename"] == "PlaybookResult":
                    break
            assert kinds.count("PlaybookProgress") == 5
            assert frame["requestId"] == started["requestId"]

            for socket in (following, at_home):
                states = []
                while (message := json.loads(await socket.recv()))["type"] == "next":
                    states.append(message["payload"]["data"]["executionEvents"])
                assert message == {"id": "1", "type": "complete"}
                assert states[-1] == {"eventType": "playbook.completed", "status": "completed", "synthetic": False}


async def test_a_result_beyond_the_message_limit_of_nats_arrives_by_every_way(deployment: Deployment) -> None:
    size = 3_000_000
    async with deployment.gateway() as client:
        await deployment.log_in(client)
        async with websocket(client, "/ws") as socket:
            client_id = (await ask(socket, "initialize"))["clientId"]
            await ask(socket, "playbook/execute", name="demo/large", variables={"bytes": size})
            await until(socket, "playbook/result")
        polled = (await client.get("/api/events/poll", params={"client_id": client_id, "wait": 10})).json()
        assert len(json.dumps(polled["frames"])) > size
