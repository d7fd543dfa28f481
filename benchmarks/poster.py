"""POSTs over a few kept connections, cheap enough not to be what is measured."""

import asyncio

_HEAD = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Poster:
    def __init__(self, port: int, connections: int = 16) -> None:
        self._port = port
        self._count = connections
        self._idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def open(self) -> None:
        for _ in range(self._count):
            self._idle.put_nowait(await asyncio.open_connection("127.0.0.1", self._port))

    async def post(self, path: bytes, body: bytes) -> int:
        """The status."""
        reader, writer = connection = await self._idle.get()
        writer.write(_HEAD % (path, len(body)) + body)
        head = await reader.readuntil(b"\r\n\r\n")
        place = head.lower().find(b"content-length: ")
        if place >= 0:
            await reader.readexactly(int(head[place + 16 : head.index(b"\r", place)]))
        self._idle.put_nowait(connection)
        return int(head[9:12])

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get_nowait()[1].close()
