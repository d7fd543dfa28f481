"""A real server on loopback whose every byte a test decides."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Received:
    line: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def values(self, name: bytes) -> list[bytes]:
        return [value for header, value in self.headers if header == name]


class Peer:
    """The server's end of one connection; `number` counts connections from 1."""

    def __init__(
        self,
        number: int,
        received: list[Received],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.number = number
        self.reader = reader
        self.writer = writer
        self._received = received

    async def request(self) -> Received:
        """Raises IncompleteReadError when the client has left."""
        line, headers = await self.request_head()
        if (b"transfer-encoding", b"chunked") in headers:
            body = await self._chunks()
        else:
            body = await self.reader.readexactly(
                sum(int(value) for name, value in headers if name == b"content-length")
            )
        self._received.append(Received(line, headers, body))
        return self._received[-1]

    async def request_head(self) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        raw = await self.reader.readuntil(b"\r\n\r\n")
        line, *lines = raw[:-4].split(b"\r\n")
        return line, [(name, value) for name, _, value in (each.partition(b": ") for each in lines)]

    async def answer(self, *pieces: bytes) -> None:
        """Each piece is a packet of its own, as far as the kernel allows."""
        for piece in pieces:
            if self.writer.is_closing():  # uvloop raises a RuntimeError for it, where asyncio says nothing
                raise ConnectionResetError
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0.001 if len(pieces) > 1 else 0)

    def close(self) -> None:
        self.writer.close()

    async def until_client_leaves(self) -> None:
        while await self.reader.read(65536):
            pass

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            body += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return body


Script = Callable[[Peer], Awaitable[None]]


@dataclass
class ScriptedServer:
    base_url: str
    peers: list[Peer] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    @property
    def connections(self) -> int:
        return len(self.peers)


@asynccontextmanager
async def serving(
    script: Script, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[ScriptedServer]:
    """Runs `script` for each connection. A script that fails fails the test, except when the client has left."""
    failures: list[Exception] = []
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        peer = Peer(len(server.peers) + 1, server.received, reader, writer)
        server.peers.append(peer)
        try:
            await script(peer)
        except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        except Exception as error:
            failures.append(error)
        finally:
            writer.transport.abort() if tls else writer.close()
            tasks.discard(task)

    listener = await asyncio.start_server(serve, host, 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    server = ScriptedServer(f"{'https' if tls else 'http'}://{shown}:{port}")
    try:
        yield server
    finally:
        listener.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
    if failures:
        raise failures[0]


def reset(peer: Peer) -> None:
    """Ends the connection as a crashed host does: RST, no FIN."""
    linger = struct.pack("ii", 1, 0)
    peer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    peer.writer.transport.abort()


def answering(*answers: bytes) -> Script:
    """Answers each request with `answers`, piece by piece, and keeps the connection."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.answer(*answers)

    return script
