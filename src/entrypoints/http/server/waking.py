"""What uvicorn uses asyncio's Event for, a tenth of the size: there are two for each open stream."""

import asyncio
from typing import Final, Literal

from uvicorn.protocols.http.flow_control import FlowControl


class LeanEvent(asyncio.Event):
    """asyncio's keeps a deque for those who wait (0.7 KB), even while nobody does."""

    def __init__(self) -> None:
        self._set = False
        self._waiting: list[asyncio.Future[None]] | None = None

    __repr__ = object.__repr__

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        waiting, self._waiting = self._waiting, None
        for waiter in waiting or ():
            if not waiter.done():
                waiter.set_result(None)

    def clear(self) -> None:
        self._set = False

    async def wait(self) -> Literal[True]:
        if not self._set:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting = [*(self._waiting or ()), waiter]
            await waiter
        return True


NOBODY_WAITS: Final = LeanEvent()
"""For requests that nothing is awaited for."""


class LeanFlowControl(FlowControl):
    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.read_paused = False
        self.write_paused = False
        self._is_writable_event = LeanEvent()
        self._is_writable_event.set()
