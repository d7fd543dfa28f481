"""Short ways to ask the client under test for something."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.proxying import UpstreamRequest

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]

DEADLINE = 10.0
"""Seconds after which a test has hung."""


def request(
    base_url: str,
    method: str = "GET",
    target: bytes = b"/api/x",
    headers: Iterable[tuple[bytes, bytes]] = (),
    body: AsyncIterator[bytes] | None = None,
    content_length: int | None = None,
) -> UpstreamRequest:
    return UpstreamRequest(
        method=method,
        base_url=base_url,
        target=target,
        headers=list(headers),
        body=body,
        content_length=content_length,
    )


async def ask(upstream: PooledUpstream, asked: UpstreamRequest) -> Answer:
    async with asyncio.timeout(DEADLINE), upstream.send(asked) as response:
        body = b"".join([chunk async for chunk in response.body])
        return response.status, list(response.headers), body


async def chunks(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
