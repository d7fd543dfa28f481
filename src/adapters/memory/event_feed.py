import logging
from collections.abc import Awaitable, Callable

from adapters.memory.bus import MemoryBus
from domain.events import ExecutionEvent

log = logging.getLogger(__name__)
_PAUSE = 0.1
"""Seconds before the next try after an event could not be handled."""


class MemoryEventFeed:
    """Hands over what is put into `bus.events`."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def run(self, handle: Callable[[ExecutionEvent], Awaitable[None]]) -> None:
        while True:
            async with self._bus.events.turn:
                await self._next(handle)

    async def _next(self, handle: Callable[[ExecutionEvent], Awaitable[None]]) -> None:
        event = await self._bus.events.first()
        try:
            await handle(event)
        except Exception:
            log.exception("an event of execution %s is handed over again", event.execution_id)
            self._bus.events.postpone(event)
            await self._bus.clock.sleep(_PAUSE)
        else:
            self._bus.events.done(event)
