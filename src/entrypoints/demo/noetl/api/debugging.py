"""Routes that NoETL does not have, to look at what a proxy does to requests and replies."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response, json_response
from entrypoints.demo.asgi.router import Route
from entrypoints.demo.json_types import JsonObject
from entrypoints.demo.noetl.api.bodies import integer_argument

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class DebuggingApi:
    def routes(self) -> tuple[Route, ...]:
        return (
            Route("GET", "/api/health", self._health),
            *(Route(method, "/api/demo/echo", self._echo) for method in _METHODS),
            *(Route(method, "/api/demo/echo/{segment}", self._echo) for method in _METHODS),
            Route("GET", "/api/demo/stream", self._stream),
            Route("GET", "/api/demo/bytes", self._bytes),
            Route("GET", "/api/demo/redirect", self._redirect),
        )

    async def _health(self, _: Request) -> Response:
        return json_response({"status": "ok"})

    async def _echo(self, request: Request) -> Response:
        """Tells what arrived; `?status=` chooses the status of the reply."""
        content: JsonObject = {
            "method": request.method,
            "raw_path": request.path,
            "query": request.query.decode("latin-1"),
            "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in request.headers],
            "body_bytes": len(request.body),
        }
        return json_response(content, status=integer_argument(request, "status", 200, least=200, most=599))

    async def _stream(self, request: Request) -> Response:
        """Server-sent events: `?events=` many (3), one every `?pause_ms=` milliseconds (100)."""
        count = integer_argument(request, "events", 3, least=0, most=10_000)
        pause = integer_argument(request, "pause_ms", 100, least=0, most=60_000) / 1000
        headers = (("content-type", "text/event-stream"), ("cache-control", "no-cache"))
        return Response(headers=headers, body=_ticks(count, pause))

    async def _bytes(self, request: Request) -> Response:
        """`?count=` zero bytes in pieces of 64 KiB, without a content length."""
        count = integer_argument(request, "count", 1024, least=0, most=1 << 30)
        return Response(headers=(("content-type", "application/octet-stream"),), body=_zeros(count))

    async def _redirect(self, request: Request) -> Response:
        target = quote(request.argument("to") or "/api/demo/echo", safe=":/?&=%")
        return Response(status=307, headers=(("location", target),))


async def _ticks(count: int, pause: float) -> AsyncIterator[bytes]:
    for number in range(1, count + 1):
        await asyncio.sleep(pause)
        yield b"event: tick\nid: %d\ndata: %s\n\n" % (number, msgspec.json.encode({"number": number}))


async def _zeros(count: int) -> AsyncIterator[bytes]:
    piece = bytes(65536)
    while count > 0:
        yield piece[:count]
        count -= len(piece)
