"""Turns a function from request to response into an ASGI application."""

from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

from entrypoints.demo.asgi.request import read_request
from entrypoints.demo.asgi.response import send_response
from entrypoints.demo.asgi.router import Handler


async def run_application(handler: Handler, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers one HTTP request; an exception declares other scopes unsupported, as the ASGI specification asks."""
    if scope["type"] != ScopeType.HTTP:
        raise ValueError(f"this application takes no {scope['type']}")
    await send_response(send, await handler(await read_request(scope, receive)))
