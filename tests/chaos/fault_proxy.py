"""A TCP connection that can break in the ways that networks break."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self


class FaultProxy:
    """Passes connections on to `target_port`. `cut` breaks them, `stall` leaves them open and silent (half-open).

    While cut, new connections are refused as well; `heal` ends both.
    """

    def __init__(self, port: int, target_port: int) -> None:
        self.port = port
        self._target_port = target_port
        self._flows: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        await self._drop()

    async def cut(self) -> None:
        self._refusing = True
        await self._drop()

    def stall(self) -> None:
        self._flowing.clear()

    async def heal(self) -> None:
        if not self._flowing.is_set():
            await self._drop()  # what was half-open is dead by now for at least one side
        self._refusing = False
        self._flowing.set()

    async def _drop(self) -> None:
        flows = tuple(self._flows)
        for flow in flows:
            flow.cancel()
        await asyncio.gather(*flows, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.close()
            return
        flow = asyncio.ensure_future(self._flow(reader, writer))
        self._flows.add(flow)
        flow.add_done_callback(self._flows.discard)

    async def _flow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        other: asyncio.StreamWriter | None = None
        try:
            other_reader, other = await asyncio.open_connection("127.0.0.1", self._target_port)
            ways = [
                asyncio.ensure_future(self._pass_on(reader, other)),
                asyncio.ensure_future(self._pass_on(other_reader, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass
        finally:
            for end in (writer, other):
                if end is not None:
                    with contextlib.suppress(OSError):
                        end.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
