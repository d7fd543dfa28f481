"""Somebody with a session, beside the browser."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

RUN = """mutation($client: String) {
  executePlaybook(name: "demo/steps", variables: {seconds: 1}, clientId: $client) { id }
}"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a session, who also speaks to the gateway without a browser."""

    http: httpx.AsyncClient
    session: str

    async def new_client(self) -> str:
        reply = await self.http.get("/api/events/poll", params={"wait": 0})
        client: str = reply.json()["clientId"]
        return client

    async def run(self, client: str) -> None:
        reply = await self.http.post("/graphql", json={"query": RUN, "variables": {"client": client}})
        assert "errors" not in reply.json()

    async def open_streams(self) -> float:
        lines = (await self.http.get("/metrics")).text.splitlines()
        (line,) = [line for line in lines if line.startswith("noetl_gateway_sse_connections ")]
        return float(line.split()[1])

    async def open_streams_become(self, number: float) -> None:
        async with asyncio.timeout(15):
            while await self.open_streams() != number:
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def logged_in(url: str, token: str) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        session = (await http.post("/api/auth/login", json={"auth0_token": token})).json()["session_token"]
        http.headers["authorization"] = f"Bearer {session}"
        yield Person(http, session)
