"""Work on events: in order for each execution, several executions at once, bounded."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from domain.errors import GatewayError
from domain.events import ExecutionEvent

log = logging.getLogger(__name__)
Handle = Callable[[ExecutionEvent], Awaitable[None]]
Done = Callable[[bool], None]
"""Told whether the event was handled."""


class ExecutionLanes:
    def __init__(self, handle: Handle, *, pauses: Sequence[float], at_once: int = 32, capacity: int = 1000) -> None:
        """`pauses`: seconds before an event whose handling failed is tried again, then it is given up."""
        self._handle = handle
        self._pauses = (*pauses, None)
        self._at_once = asyncio.Semaphore(at_once)
        self._capacity = capacity
        self._waiting = 0
        self._lanes: dict[str, deque[tuple[ExecutionEvent, Done]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def room(self) -> int:
        return self._capacity - self._waiting

    async def until_room(self) -> None:
        await self._room.wait()

    def put(self, event: ExecutionEvent, done: Done) -> None:
        self._waiting += 1
        if self.room <= 0:
            self._room.clear()
        lane = self._lanes.get(event.execution_id)
        if lane is not None:
            lane.append((event, done))
            return
        self._lanes[event.execution_id] = deque(((event, done),))
        task = asyncio.create_task(self._work_off(event.execution_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Whatever is not handled yet is reported as such."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in self._lanes.values():
            for _, done in lane:
                done(False)
        self._lanes.clear()

    async def _work_off(self, execution_id: str) -> None:
        lane = self._lanes[execution_id]
        while lane:
            async with self._at_once:
                handled = await self._handled(lane[0][0])
            lane.popleft()[1](handled)
            self._waiting -= 1
            self._room.set()
        del self._lanes[execution_id]

    async def _handled(self, event: ExecutionEvent) -> bool:
        for pause in self._pauses:
            try:
                await self._handle(event)
            except GatewayError as error:
                log.warning("an event of execution %s was not relayed: %s", event.execution_id, error.code)
            except Exception:
                log.exception("an event of execution %s was not relayed", event.execution_id)
            else:
                return True
            if pause is not None:
                await asyncio.sleep(pause)
        return False
