"""A way to a server that can be cut, so that a server which others use too can be away for one test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Relay:
    """Plain TCP. `url` is that of the server, by way of the relay."""

    def __init__(self, server_url: str) -> None:
        self._server = urlsplit(server_url)
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()
        self.url = ""

    def kill(self) -> None:
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()

    def start(self) -> None:
        self._is_cut = False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Relay"]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        user, at, _ = self._server.netloc.rpartition("@")
        self.url = self._server._replace(netloc=f"{user}{at}127.0.0.1:{port}").geturl()
        try:
            yield self
        finally:
            server.close()
            self.kill()
            await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        host, port = self._server.hostname or "127.0.0.1", self._server.port or 4222
        behind_reader, behind_writer = await asyncio.open_connection(host, port)
        self._open |= {writer, behind_writer}
        try:
            await asyncio.gather(_pump(reader, behind_writer), _pump(behind_reader, writer))
        finally:
            self._open -= {writer, behind_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
