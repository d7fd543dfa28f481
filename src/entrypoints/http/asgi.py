"""The ASGI vocabulary of this package, and answers that need no framework."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

# ASGI itself promises no more about these dictionaries.
Scope: TypeAlias = MutableMapping[str, Any]
ReadScope: TypeAlias = Mapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"


def header(scope: ReadScope, name: bytes) -> bytes | None:
    """The first value of a header; `name` in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None


def headers_named(scope: ReadScope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key == name]


async def respond(
    send: Send,
    status: int,
    body: bytes = b"",
    content_type: bytes | None = None,
    headers: RawHeaders = (),
) -> None:
    fields = [(b"content-length", str(len(body)).encode()), *headers]
    if content_type is not None:
        fields.append((b"content-type", content_type))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole request body; None once it is over `limit` bytes.

    Raises ClientGone when the client left before it was complete.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


class ClientGone(Exception):
    """Nobody is there to answer to."""


def query_parameters(scope: ReadScope) -> Mapping[str, str]:
    """Decoded parameters, the last of repeated ones; `+` is a blank. Broken escapes stay as they are."""
    from_bytes: bytes = scope.get("query_string", b"")
    return dict(parse_qsl(from_bytes.decode("latin-1"), keep_blank_values=True)) if from_bytes else {}
