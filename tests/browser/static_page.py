"""The page, served from an origin that is not the gateway's."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from litestar.types import Receive, Scope, Send

from entrypoints.demo.asgi.application import run_application
from entrypoints.demo.asgi.request import Request
from entrypoints.demo.asgi.response import Response
from entrypoints.demo.ports import free_socket
from entrypoints.demo.servers import serve

_FILES = {"/page.html": "text/html; charset=utf-8", "/page.js": "text/javascript; charset=utf-8"}


async def _answer(request: Request) -> Response:
    media_type = _FILES.get(request.path)
    if media_type is None:
        return Response(status=404)
    content = (Path(__file__).parent / request.path[1:]).read_bytes()
    return Response(headers=(("content-type", media_type), ("cache-control", "no-store")), body=content)


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await run_application(_answer, scope, receive, send)


@contextlib.asynccontextmanager
async def static_page() -> AsyncIterator[str]:
    async with serve(_app, free_socket(), lifespan="off") as origin:
        yield origin
