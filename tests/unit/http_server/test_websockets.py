"""What the server itself sees to on a WebSocket."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.unit.http_server.servers import Served, serving

from entrypoints.http.asgi import Receive, Scope, Send
from entrypoints.http.server.limits import RequestLimits
from entrypoints.http.server.websocket import GatewayWebSocket

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
IMPATIENT = RequestLimits(send_secs=0.3)
PING = b"\x89\xfd\0\0\0\0" + b"p" * 125
Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class App:
    """Accepts, sends `size` bytes at a time from `begin` on (0 for nothing), and notes that this has ended."""

    def __init__(self, size: int, *, closes: bool = False) -> None:
        self.size = size
        self.closes = closes
        self.begin = asyncio.Event()
        self.ended = asyncio.Event()
        self.taken = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        try:
            while self.size and await self.begin.wait():
                await send({"type": "websocket.send", "bytes": b"x" * self.size})
                self.taken += 1
                if self.closes and self.taken > 20:
                    return
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            self.ended.set()


def sockets(served: Served) -> list[GatewayWebSocket]:
    edge = served.server._listeners[0].edge
    return [each for each in edge.connections if isinstance(each, GatewayWebSocket)]


@asynccontextmanager
async def deaf_peer(served: Served) -> AsyncIterator[Peer]:
    """One that reads the answer to its handshake, and nothing more. The kernel holds little between the two."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", served.port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=1024)
    try:
        writer.write(HANDSHAKE)
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        (server_side,) = sockets(served)
        server_side.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        yield reader, writer
    finally:
        writer.transport.abort()


async def test_a_peer_that_takes_nothing_is_cut_off() -> None:
    app = App(100_000)
    async with serving(app, limits=IMPATIENT) as served, deaf_peer(served):
        app.begin.set()
        async with asyncio.timeout(10):
            await app.ended.wait()
            while sockets(served):
                await asyncio.sleep(0.01)


async def test_a_peer_that_takes_nothing_of_the_end_is_cut_off_too() -> None:
    app = App(1_000_000, closes=True)
    async with serving(app, limits=IMPATIENT) as served, deaf_peer(served) as (reader, _):
        app.begin.set()
        await reader.readexactly(15_000_000)
        async with asyncio.timeout(10):
            await app.ended.wait()
            while sockets(served):
                await asyncio.sleep(0.01)


async def test_a_peer_that_takes_a_little_is_not() -> None:
    app = App(300_000)
    async with serving(app, limits=IMPATIENT) as served, deaf_peer(served) as (reader, _):
        app.begin.set()
        for _ in range(20):
            await reader.readexactly(200_000)
            await asyncio.sleep(0.06)
        assert not app.ended.is_set()
        assert sockets(served)


async def test_a_peer_that_pings_and_does_not_read_piles_up_nothing() -> None:
    app = App(0)
    async with serving(app) as served, deaf_peer(served) as (_, writer):
        for _ in range(400):
            writer.write(PING * 200)
            await writer.drain()
        (open_socket,) = sockets(served)
        # Above the mark at which the transport asks not to be written to there is one read's worth of pongs.
        assert open_socket.transport.get_write_buffer_size() < 1_000_000
        assert not app.ended.is_set()


async def test_a_message_over_the_limit_is_refused_before_it_is_there() -> None:
    app = App(0)
    async with (
        serving(app, limits=RequestLimits(message_bytes=1000)) as served,
        deaf_peer(served) as (reader, writer),
    ):
        writer.write(b"\x82\xff" + struct.pack("!Q", 10**9) + b"\0\0\0\0" + b"x" * 100)
        head = await reader.readexactly(4)
        assert (head[0], int.from_bytes(head[2:4])) == (0x88, 1009)
        await app.ended.wait()


async def test_nothing_is_compressed() -> None:
    async with serving(App(0)) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(HANDSHAKE)
        head = await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
    assert b"permessage-deflate" not in head
