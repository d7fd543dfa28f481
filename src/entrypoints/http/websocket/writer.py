"""Messages on their way to one WebSocket: bounded in bytes, sent by one task."""

import asyncio
from collections import deque
from collections.abc import Callable

from entrypoints.http.asgi import Send


class WebSocketWriter:
    """`overflowed` is called once when more than `limit` bytes wait; nothing is taken after that."""

    def __init__(self, send: Send, limit: int, overflowed: Callable[[], None]) -> None:
        self._send = send
        self._limit = limit
        self._overflowed = overflowed
        self._waiting: deque[tuple[bytes, asyncio.Event | None]] = deque()
        self._wake = asyncio.Event()
        self._bytes = 0
        self._closed = False

    def put(self, message: bytes) -> None:
        self._put(message, None)

    async def put_and_wait(self, message: bytes) -> None:
        """Returns once the message has been handed to the connection."""
        sent = asyncio.Event()
        self._put(message, sent)
        if not self._closed:
            await sent.wait()

    def _put(self, message: bytes, sent: asyncio.Event | None) -> None:
        if self._closed:
            return
        self._waiting.append((message, sent))
        self._bytes += len(message)
        self._wake.set()
        if self._bytes > self._limit:
            self._closed = True
            self._overflowed()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                message, sent = self._waiting[0]
                await self._send({"type": "websocket.send", "text": message.decode()})
                self._waiting.popleft()
                self._bytes -= len(message)
                if sent is not None:
                    sent.set()
