"""Messages on their way to one WebSocket: bounded in bytes, sent by one task, never waited for unless wanted."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable


class Outbox:
    """Takes messages while at most `limit` bytes wait; at the next one it calls `overflowed` and takes no more.

    So a result of any size gets through. What was taken is still sent after an overflow: each reconnection gets
    further than the one before.
    """

    def __init__(self, send: Callable[[str], Awaitable[None]], limit: int, overflowed: Callable[[], None]) -> None:
        self._send = send
        self._limit = limit
        self._overflowed = overflowed
        self._waiting: deque[tuple[bytes, asyncio.Future[bool] | None]] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._taking = True

    def put(self, message: bytes) -> None:
        self._put(message, None)

    async def written(self, message: bytes) -> bool:
        """Puts the message and waits until it has been handed to the connection; False if it never will be."""
        sent: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._put(message, sent)
        return await sent

    def _put(self, message: bytes, sent: "asyncio.Future[bool] | None") -> None:
        if self._taking and self._bytes > self._limit:
            self._taking = False
            self._overflowed()
        if not self._taking:
            if sent is not None:
                sent.set_result(False)
            return
        self._waiting.append((message, sent))
        self._bytes += len(message)
        self._empty.clear()
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. Raises what `send` raises."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    await self._send_first()
                self._empty.set()
        finally:
            self._empty.set()

    async def _send_first(self) -> None:
        message, sent = self._waiting[0]
        # Workers' results are passed on as they came; a text message must be UTF-8 all the same.
        await self._send(message.decode("utf-8", "replace"))
        self._waiting.popleft()
        self._bytes -= len(message)
        _resolve(sent, written=True)

    @property
    def is_empty(self) -> bool:
        return not self._waiting

    async def emptied(self) -> None:
        """Until nothing waits any more, or nothing is sent any more."""
        await self._empty.wait()

    def close(self) -> None:
        """Nothing more will be sent."""
        self._taking = False
        while self._waiting:
            _resolve(self._waiting.popleft()[1], written=False)


def _resolve(sent: "asyncio.Future[bool] | None", *, written: bool) -> None:
    if sent is not None and not sent.done():
        sent.set_result(written)
