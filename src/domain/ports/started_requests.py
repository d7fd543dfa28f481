from collections.abc import AsyncIterator
from typing import Protocol

from domain.callbacks import PendingRequest


class StartedRequests(Protocol):
    """Tells every replica, this one included, which execution a client now waits for.

    A hint for speed, not a record: it may be missed while the message system is away, and never raises.
    """

    async def tell(self, request: PendingRequest) -> None: ...

    def hear(self) -> AsyncIterator[PendingRequest]:
        """Until cancelled."""
        ...
