"""NoETL behind the Upstream port: scripted, or the simulated server in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from domain.errors import GatewayError
from domain.proxying import UpstreamRequest, UpstreamResponse


class ScriptedUpstream:
    """`answer` gives status and JSON for a request, or an error to raise; `may_answer` holds answers back."""

    def __init__(self, answer: Callable[[UpstreamRequest], tuple[int, Any] | GatewayError]) -> None:
        self.answer = answer
        self.requests: list[UpstreamRequest] = []
        self.bodies: list[Any] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    @asynccontextmanager
    async def send(self, request: UpstreamRequest) -> AsyncIterator[UpstreamResponse]:
        self.requests.append(request)
        body = await whole(request)
        self.bodies.append(json.loads(body) if body else None)
        await self.may_answer.wait()
        answer = self.answer(request)
        if isinstance(answer, GatewayError):
            raise answer
        status, content = answer
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        yield UpstreamResponse(status=status, headers=(), body=once(data))

    @property
    def targets(self) -> list[str]:
        return [request.target.decode() for request in self.requests]


class HttpxUpstream:
    """Over a client of httpx, whatever its transport."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @asynccontextmanager
    async def send(self, request: UpstreamRequest) -> AsyncIterator[UpstreamResponse]:
        reply = await self._client.request(
            request.method,
            request.base_url + request.target.decode(),
            headers=list(request.headers),
            content=await whole(request),
        )
        yield UpstreamResponse(status=reply.status_code, headers=(), body=once(reply.content))


async def whole(request: UpstreamRequest) -> bytes:
    return b"" if request.body is None else b"".join([chunk async for chunk in request.body])


async def once(data: bytes) -> AsyncIterator[bytes]:
    yield data
