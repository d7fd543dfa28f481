"""Just enough of a NATS server to be an odd one: the wrong version, a sudden error, silence."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FakeServer:
    """`error`: sent as soon as a client is connected. `silent`: nothing is ever said."""

    def __init__(self, *, version: str = "2.12.0", error: str | None = None, silent: bool = False) -> None:
        self.connected = 0
        self.received = b""
        self.url = ""
        self._info = {"server_id": "x", "version": version, "headers": True, "max_payload": 1_048_576}
        self._error = error
        self._silent = silent

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        if not self._silent:
            writer.write(b"INFO " + json.dumps(self._info).encode() + b"\r\n")
        try:
            while line := await reader.readline():
                self.received += line
                if self._silent:
                    continue
                if line.startswith(b"PING"):
                    writer.write(b"PONG\r\n")
                    if self._error is not None:
                        writer.write(f"-ERR '{self._error}'\r\n".encode())
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def fake_server(server: FakeServer) -> AsyncIterator[FakeServer]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"nats://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
