"""A client that sends exactly the bytes it is given, and reads strictly."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

_PATIENCE = 10.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> str:
        content: dict[str, str] = json.loads(self.body)
        assert list(content) == ["error"]
        return content["error"]


class RawClient:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> Answer:
        """The next response, without its body."""
        async with asyncio.timeout(_PATIENCE):
            lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
        version, status, _ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1"
        fields = [line.partition(": ") for line in lines[1:] if line]
        headers = {name: value for name, _, value in fields}
        assert len(headers) == len(fields)
        return Answer(status=int(status), headers=headers, body=b"")

    async def answer(self) -> Answer:
        head = await self.head()
        if head.headers.get("transfer-encoding") == "chunked":
            body = b"".join([chunk async for chunk in self.chunks()])
        else:
            body = await self.exactly(int(head.headers["content-length"]))
        return Answer(status=head.status, headers=head.headers, body=body)

    async def chunk(self) -> bytes:
        """The next chunk of a chunked body, empty for the last one."""
        async with asyncio.timeout(_PATIENCE):
            size = int(await self._reader.readuntil(b"\r\n"), 16)
        data = await self.exactly(size + 2)
        assert data.endswith(b"\r\n")
        return data[:-2]

    async def chunks(self) -> AsyncIterator[bytes]:
        while chunk := await self.chunk():
            yield chunk

    async def exactly(self, size: int) -> bytes:
        async with asyncio.timeout(_PATIENCE):
            return await self._reader.readexactly(size)

    async def rest(self) -> bytes:
        """Everything up to the end of the connection, which must come."""
        async with asyncio.timeout(_PATIENCE):
            return await self._reader.read()

    async def answers_until_end(self) -> list[Answer]:
        answers: list[Answer] = []
        while not self._reader.at_eof():
            try:
                answers.append(await self.answer())
            except asyncio.IncompleteReadError as error:
                assert error.partial == b""
                break
        return answers


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[RawClient]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()


async def ask(port: int, request: bytes) -> Answer:
    async with connected(port) as client:
        await client.send(request)
        return await client.answer()


async def accepts(port: int) -> bool:
    try:
        async with connected(port):
            return True
    except ConnectionRefusedError:
        return False
