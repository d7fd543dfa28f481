"""One HTTP reply, whole or as a stream."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from litestar.types import Send
from litestar.types.asgi_types import HTTPResponseBodyEvent, HTTPResponseStartEvent

from entrypoints.demo.json_types import JsonValue

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int = 200
    headers: Headers = ()
    body: bytes | AsyncIterator[bytes] = b""


def json_response(content: JsonValue, *, status: int = 200, headers: Headers = ()) -> Response:
    return Response(
        status=status,
        headers=(("content-type", "application/json"), *headers),
        body=msgspec.json.encode(content),
    )


async def send_response(send: Send, response: Response) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if isinstance(response.body, bytes):
        if response.status != HTTPStatus.NO_CONTENT:
            headers.append((b"content-length", str(len(response.body)).encode("latin-1")))
        await send(_start(response.status, headers))
        await send(_chunk(response.body, more=False))
        return
    await send(_start(response.status, headers))
    async for chunk in response.body:
        await send(_chunk(chunk, more=True))
    await send(_chunk(b"", more=False))


def _start(status: int, headers: list[tuple[bytes, bytes]]) -> HTTPResponseStartEvent:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _chunk(body: bytes, *, more: bool) -> HTTPResponseBodyEvent:
    return {"type": "http.response.body", "body": body, "more_body": more}
