import asyncio
from collections import OrderedDict, deque

from domain.events import ExecutionEvent


class EventQueue:
    """Lifecycle events, one line for each execution. Whoever holds `turn` may take them."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self._lines: OrderedDict[str, deque[ExecutionEvent]] = OrderedDict()
        self._filled = asyncio.Event()

    def put(self, event: ExecutionEvent) -> None:
        self._lines.setdefault(event.execution_id, deque()).append(event)
        self._filled.set()

    async def first(self) -> ExecutionEvent:
        while not self._lines:
            self._filled.clear()
            await self._filled.wait()
        return next(iter(self._lines.values()))[0]

    def done(self, event: ExecutionEvent) -> None:
        line = self._lines[event.execution_id]
        line.popleft()
        if not line:
            del self._lines[event.execution_id]

    def postpone(self, event: ExecutionEvent) -> None:
        """Other executions first; the events of this one keep their order."""
        self._lines.move_to_end(event.execution_id)
