"""Writing to one stream without waiting: no queue and no task of its own."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Protocol

from entrypoints.http.asgi import Receive, Scope, Send
from entrypoints.http.first_done import first_done

TRANSPORT = "noetl.transport"
"""The scope extension by which the gateway's own server offers a StreamWriter."""


class StreamWriter(Protocol):
    @property
    def pending_bytes(self) -> int:
        """Bytes that were written and have not left yet."""
        ...

    @property
    def all_received(self) -> bool:
        """Whether the other end of the connection has acknowledged everything that was written."""
        ...

    def write(self, chunk: bytes) -> None: ...

    def finish(self) -> None:
        """Ends the response after what was written; `gone` then returns."""
        ...

    def outlive(self, afterwards: Callable[[], Coroutine[object, object, None]]) -> bool:
        """Whether the application may return now and the stream goes on all the same. `afterwards` then runs once
        `gone` would return, also if that is at once.
        """
        ...

    async def gone(self) -> None:
        """Waits until the client has left or the response was finished."""
        ...


def open_writer(scope: Scope, receive: Receive, send: Send) -> StreamWriter:
    """The server's own writer where it offers one, else one over plain ASGI. The response has been started."""
    offered = scope.get("extensions", {}).get(TRANSPORT)
    if offered is not None:
        writer: StreamWriter = offered.writer(receive)
        return writer
    return AsgiStreamWriter(receive, send)


class AsgiStreamWriter:
    """For other servers: what is written leaves by a task of `gone`."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._waiting: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._finished = False
        self.pending_bytes = 0

    @property
    def all_received(self) -> bool:
        """As far as a plain ASGI server tells."""
        return self.pending_bytes == 0

    def write(self, chunk: bytes) -> None:
        if not self._finished:
            self._waiting.append(chunk)
            self.pending_bytes += len(chunk)
            self._wake.set()

    def finish(self) -> None:
        self._finished = True
        self._wake.set()

    def outlive(self, afterwards: Callable[[], Coroutine[object, object, None]]) -> bool:  # noqa: ARG002
        return False

    async def gone(self) -> None:
        await first_done(self._left(), self._push())

    async def _left(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _push(self) -> None:
        while not (self._finished and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                chunk = self._waiting[0]
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
                self._waiting.popleft()
                self.pending_bytes -= len(chunk)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
