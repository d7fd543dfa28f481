from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from domain.proxying import Headers, UpstreamRequest, UpstreamResponse


class MemoryUpstream:
    """Answers by `handle`, which may read the request's body and may raise what an upstream raises."""

    def __init__(self, handle: Callable[[UpstreamRequest], Awaitable[UpstreamResponse]]) -> None:
        self.requests: list[UpstreamRequest] = []
        self.handle = handle

    @asynccontextmanager
    async def send(self, request: UpstreamRequest) -> AsyncIterator[UpstreamResponse]:
        self.requests.append(request)
        response = await self.handle(request)
        try:
            yield response
        finally:
            if isinstance(response.body, AsyncGenerator):
                await response.body.aclose()


def answer(*chunks: bytes, status: int = 200, headers: Headers = ()) -> UpstreamResponse:
    return UpstreamResponse(status=status, headers=headers, body=_each(chunks))


async def _each(chunks: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
