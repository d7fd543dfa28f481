"""One small server behind each adapter of the Upstream port.

`/echo` answers with the request's body and, in headers, what else arrived; `/missing` is 404, `/elsewhere`
redirects, `/broken` breaks off in the middle of its body, `/silent` never answers.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.memory.upstream import MemoryUpstream, answer
from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.errors import UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable
from domain.ports.upstream import Upstream
from domain.proxying import UpstreamRequest, UpstreamResponse

_BREAKING = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"
_PLAIN = {
    b"/missing": b"HTTP/1.1 404 Not Found\r\ncontent-length: 7\r\n\r\nmissing",
    b"/elsewhere": b"HTTP/1.1 302 Found\r\nlocation: /echo\r\ncontent-length: 0\r\n\r\n",
}


@dataclass(frozen=True, slots=True)
class Reachable:
    """`nowhere`: a base URL at which nobody listens."""

    upstream: Upstream
    base_url: str
    nowhere: str


@asynccontextmanager
async def memory() -> AsyncIterator[Reachable]:
    yield Reachable(MemoryUpstream(_handle), "http://noetl", "http://nowhere")


async def _handle(request: UpstreamRequest) -> UpstreamResponse:
    if request.base_url == "http://nowhere":
        raise UpstreamUnreachable
    match request.target:
        case b"/missing":
            return answer(b"missing", status=404)
        case b"/elsewhere":
            return answer(status=302, headers=((b"location", b"/echo"),))
        case b"/silent":
            raise UpstreamTimedOut
        case b"/broken":
            return UpstreamResponse(status=200, headers=(), body=_half())
    body = [chunk async for chunk in request.body] if request.body is not None else []
    line = request.method.encode() + b" " + request.target
    own = dict(request.headers).get(b"x-own", b"")
    return answer(*body, headers=((b"x-line", line), (b"x-own", own)))


async def _half() -> AsyncIterator[bytes]:
    yield b"half"
    raise UpstreamMisbehaved


@asynccontextmanager
async def pooled_http() -> AsyncIterator[Reachable]:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    closed = await asyncio.start_server(_serve, "127.0.0.1", 0)
    nobody = closed.sockets[0].getsockname()[1]
    closed.close()
    await closed.wait_closed()
    try:
        async with PooledUpstream(silence_timeout=0.2, connect_timeout=2) as upstream:
            yield Reachable(upstream, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{nobody}")
    finally:
        server.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await _exchange(reader, writer):
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """False when the connection is to be closed."""
    line, *lines = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
    headers = dict(each.split(b": ", 1) for each in lines)
    body = await _body(reader, headers)
    target = line.split(b" ")[1]
    if target == b"/silent":
        await reader.read()
        return False
    if target == b"/broken":
        writer.write(_BREAKING)
        return False
    echoed = b"HTTP/1.1 200 OK\r\nx-line: %b\r\nx-own: %b\r\ncontent-length: %d\r\n\r\n%b" % (
        line.rpartition(b" ")[0],
        headers.get(b"x-own", b""),
        len(body),
        body,
    )
    writer.write(_PLAIN.get(target, echoed))
    return True


async def _body(reader: asyncio.StreamReader, headers: dict[bytes, bytes]) -> bytes:
    if b"transfer-encoding" not in headers:
        return await reader.readexactly(int(headers.get(b"content-length", b"0")))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body
