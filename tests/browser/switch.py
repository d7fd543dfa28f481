"""One address in front of several replicas, as a load balancer on TCP is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from entrypoints.demo.ports import free_socket, origin_of


@dataclass(slots=True)
class Switch:
    """A connection goes to the first of `ports` that takes it. `swallows_streams`: like networks that wait for the
    end of an answer before they pass it on, so that of a stream nothing ever arrives.
    """

    url: str
    ports: list[int] = field(default_factory=list)
    swallows_streams: bool = False
    swallowed: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in self.ports:
            with contextlib.suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
                break
        else:
            writer.transport.abort()
            return
        passing = asyncio.Event()
        passing.set()
        ways = [
            asyncio.ensure_future(self._requests(reader, far_writer, passing)),
            asyncio.ensure_future(self._answers(far_reader, writer, passing)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.transport.abort()
            writer.transport.abort()

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            if self.swallows_streams and data.startswith(b"GET /events?"):
                self.swallowed += 1
                passing.clear()
            writer.write(data)
            await writer.drain()

    async def _answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            await passing.wait()
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def switch() -> AsyncIterator[Switch]:
    open_connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_connections.add(task)
        task.add_done_callback(open_connections.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await made.serve(reader, writer)

    with free_socket() as sock:
        made = Switch(origin_of(sock))
        server = await asyncio.start_server(connected, sock=sock)
        try:
            yield made
        finally:
            server.close()
            tasks = list(open_connections)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
