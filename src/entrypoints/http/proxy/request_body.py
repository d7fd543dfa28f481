"""The client's body on its way to NoETL, counted as it passes."""

from collections.abc import AsyncIterator

from entrypoints.http.asgi import ClientGone, Receive, Scope, header


class BodyOverLimit(Exception):
    """More than the proxy takes (wire 7.1)."""


def announced_length(scope: Scope) -> int | None:
    """Bytes by Content-Length; None for a chunked body, 0 without a body."""
    length = header(scope, b"content-length")
    if length is not None:
        return int(length) if length.isdigit() and len(length) <= 19 else None
    return None if header(scope, b"transfer-encoding") is not None else 0


async def streamed(receive: Receive, limit: int) -> AsyncIterator[bytes]:
    """Raises BodyOverLimit past `limit` bytes, ClientGone when the client leaves before the end."""
    received = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        received += len(chunk)
        if received > limit:
            raise BodyOverLimit
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


async def once(body: bytes) -> AsyncIterator[bytes]:
    yield body
