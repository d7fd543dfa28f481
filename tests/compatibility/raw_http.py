"""HTTP byte for byte: nothing is normalised on the way out, nothing is merged on the way in."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httptools

_PATIENCE = 10.0
Fields = Iterable[tuple[str, str | bytes]]


@dataclass(slots=True)
class Answer:
    """Header names in lower case, in the order of the wire."""

    status: int = 0
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def header(self, name: str) -> str | None:
        """The only value of a header."""
        values = self.all(name)
        assert len(values) < 2, values
        return values[0] if values else None

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Reading:
    """The callbacks of httptools' parser."""

    def __init__(self, *, without_body: bool) -> None:
        self.answer = Answer()
        self.complete = False
        self._without_body = without_body

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answer.fields.append((name.decode().lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.complete = self._without_body

    def on_body(self, chunk: bytes) -> None:
        self.answer.body += chunk

    def on_message_complete(self) -> None:
        self.complete = True


async def ask(
    origin: str, target: str | bytes, headers: Fields = (), *, method: str = "GET", body: bytes = b""
) -> Answer:
    """`target` goes into the request line as it is. Content-Length is added for a body."""
    raw = target if isinstance(target, bytes) else target.encode("latin-1")
    head = [method.encode() + b" " + raw + b" HTTP/1.1", f"Host: {urlsplit(origin).netloc}".encode()]
    head += [name.encode() + b": " + (value.encode() if isinstance(value, str) else value) for name, value in headers]
    if body:
        head.append(b"Content-Length: %d" % len(body))
    return await exchange(origin, b"\r\n".join(head) + b"\r\n\r\n" + body, without_body=method == "HEAD")


async def exchange(origin: str, request: bytes, *, without_body: bool = False) -> Answer:
    """Sends the bytes on a connection of their own and reads one answer."""
    place = urlsplit(origin)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    reading = _Reading(without_body=without_body)
    parser = httptools.HttpResponseParser(reading)
    try:
        writer.write(request)
        async with asyncio.timeout(_PATIENCE):
            while not reading.complete and (data := await reader.read(65536)):
                parser.feed_data(data)
    finally:
        writer.transport.abort()
    reading.answer.status = parser.get_status_code()
    return reading.answer
