"""Every byte that a gateway sends to NATS, and the commands in them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Command:
    """`line` without the payload, such as `PUB noetl.x 5`."""

    line: str
    payload: bytes = b""

    @property
    def subjects(self) -> list[str]:
        verb, *rest = self.line.split(" ")
        return rest if verb.upper() in ("PUB", "HPUB", "SUB", "UNSUB") else []


@dataclass(slots=True)
class NatsWire:
    """Stands between gateways and the server. `url`: what the gateways are given."""

    url: str = ""
    sent: list[bytearray] = field(default_factory=list)

    def commands(self) -> list[Command]:
        return [command for connection in self.sent for command in _commands(bytes(connection))]


def _commands(sent: bytes) -> Iterator[Command]:
    at = 0
    while (end := sent.find(b"\r\n", at)) >= 0:
        line = sent[at:end].decode("latin-1")
        at = end + 2
        size = int(line.rsplit(" ", 1)[1]) if line.upper().startswith(("PUB ", "HPUB ")) else -1
        if size >= 0:
            yield Command(line, sent[at : at + size])
            at += size + 2
        else:
            yield Command(line)


@contextlib.asynccontextmanager
async def nats_wire(nats_url: str) -> AsyncIterator[NatsWire]:
    behind = urlsplit(nats_url)
    wire = NatsWire()
    open_connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_connections.add(task)
        noted = bytearray()
        wire.sent.append(noted)
        with contextlib.suppress(asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection(behind.hostname, behind.port)
            try:
                await asyncio.gather(_copy(reader, far_writer, noted), _copy(far_reader, writer))
            finally:
                far_writer.transport.abort()
                writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    wire.url = f"nats://127.0.0.1:{port}"
    try:
        yield wire
    finally:
        server.close()
        for task in open_connections:
            task.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, noted: bytearray | None = None) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            if noted is not None:
                noted += data
            writer.write(data)
            await writer.drain()
    writer.close()
