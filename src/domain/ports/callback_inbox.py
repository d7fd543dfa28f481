from contextlib import AbstractAsyncContextManager
from typing import Protocol

from domain.callbacks import CallbackResult


class Waiter(Protocol):
    async def result(self, deadline: float) -> CallbackResult:
        """Waits until `deadline` (monotonic seconds of the clock); TimeoutError past it."""
        ...


class CallbackInbox(Protocol):
    """Where auth playbooks answer. An answer finds its waiter whichever replica receives it."""

    def expect(self, request_id: str) -> AbstractAsyncContextManager[Waiter]:
        """Listens from entering to leaving, here and for answers that come by the message system.

        Answers on this replica work without the message system; entering never fails for its absence.
        """
        ...

    async def deliver(self, result: CallbackResult) -> bool:
        """True if somebody waited, on any replica. The first answer counts, later ones are False."""
        ...
