from collections.abc import Awaitable, Callable
from typing import Protocol

from domain.events import ExecutionEvent


class EventFeed(Protocol):
    async def run(self, handle: Callable[[ExecutionEvent], Awaitable[None]]) -> None:
        """Hands over each lifecycle event of interest once per deployment, in order per execution, until cancelled.

        An event whose handling raises is handed over again later where the source can repeat it. Returns or
        raises only when the source is lost; the caller starts it again.
        """
        ...
