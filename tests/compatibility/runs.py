"""Runs that a page waits for, and the workers that answer."""

from typing import Any

import httpx

EXECUTE = """
mutation Run($name: String!, $vars: JSON, $clientId: String) {
  executePlaybook(name: $name, variables: $vars, clientId: $clientId) {
    id executionId requestId name status textOutput
  }
}
"""


async def graphql(client: httpx.AsyncClient, query: str, /, **variables: object) -> Any:
    """The whole body of a 200."""
    reply = await client.post("/graphql", json={"query": query, "variables": variables})
    assert reply.status_code == 200, reply.text
    return reply.json()


async def execute(client: httpx.AsyncClient, name: str, client_id: str | None, /, **workload: object) -> Any:
    reply = await graphql(client, EXECUTE, name=name, vars=workload, clientId=client_id)
    assert "errors" not in reply, reply
    return reply["data"]["executePlaybook"]


async def answer(client: httpx.AsyncClient, request_id: str, /, **body: object) -> httpx.Response:
    """A worker's result (wire 4.3)."""
    return await client.post("/api/internal/callback/async", json={"request_id": request_id, **body})
