"""What the gateway is measured against, served by plain uvicorn: bare answer, bare pass-through, a Litestar route."""

import contextlib
import os
from typing import Any

import msgspec
from litestar import Litestar, post

from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.errors import RequestMalformed
from domain.proxying import UpstreamRequest

_upstream: PooledUpstream | None = None
_HEADERS = [(b"content-length", b"2"), (b"content-type", b"text/plain")]


async def ok(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b"ok"})


async def pass_through(scope: Any, receive: Any, send: Any) -> None:
    """The same upstream client and nothing else: no session, no policy, no header rules."""
    global _upstream
    if scope["type"] != "http":
        return
    if _upstream is None:
        _upstream = PooledUpstream()
    length = next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
    request = UpstreamRequest(
        method=scope["method"],
        base_url=os.environ["BENCH_UPSTREAM"],
        target=scope["raw_path"],
        headers=[(b"accept", b"*/*")],
        body=_chunks(receive) if length else None,
        content_length=length or None,
    )
    with contextlib.suppress(RequestMalformed):  # a client that left in the middle of its body
        async with _upstream.send(request) as response:
            await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
            async for chunk in response.body:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _chunks(receive: Any) -> Any:
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        yield message.get("body", b"")


class Body(msgspec.Struct):
    session_token: str


class Reply(msgspec.Struct):
    valid: bool
    message: str


@post("/json", status_code=200)
async def _route(data: Body) -> Reply:
    return Reply(bool(data.session_token), "ok")


litestar = Litestar([_route], openapi_config=None, logging_config=None)
