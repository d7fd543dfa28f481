"""Where the history ends: asked for, or known from a moment ago."""

import asyncio
from collections.abc import Awaitable, Callable

from domain.events import EventId
from domain.single_flight import SingleFlight

_RECENT = 0.5
"""Seconds."""


class NewestPosition:
    """`ask` asks the store. `epoch`: that of the history now, None while it is not known. Raises what `ask` does."""

    def __init__(self, ask: Callable[[], Awaitable[EventId]], epoch: Callable[[], str | None]) -> None:
        self._ask = ask
        self._epoch = epoch
        self._asking: SingleFlight[None, EventId] = SingleFlight()
        self._known: EventId | None = None
        self._known_at = 0.0

    async def now(self) -> EventId:
        """That of a question under way is as good: it is not after this moment, so nothing is missed behind it."""
        return await self._asking.run(None, self._find_out)

    async def recent(self) -> EventId:
        """From this moment, or up to half a second before."""
        known = self._known
        if known is None or known.epoch != self._epoch() or _monotonic() - self._known_at > _RECENT:
            return await self.now()
        return known

    async def _find_out(self) -> EventId:
        asked_at = _monotonic()
        found = await self._ask()
        self._known, self._known_at = found, asked_at
        return found


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
