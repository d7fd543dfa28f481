from collections.abc import Sequence
from typing import Protocol

from domain.callbacks import PendingRequest
from domain.clients import ClientId


class PendingRequests(Protocol):
    """The runs that clients wait for, shared by all replicas, forgotten after the request TTL.

    Each lookup costs a constant number of round trips, however many are pending (D43, D61).
    All raise StoreUnavailable.
    """

    async def add(self, request: PendingRequest) -> None:
        """Before the execution is started, so that no answer can come too early (D21)."""
        ...

    async def save(self, request: PendingRequest) -> None:
        """Replaces the record and, once it has an execution id, makes it findable by that and by client.

        What is known of a request is never forgotten, whoever writes at the same time (`saved_over`). An answered
        or ended request is no longer listed for its client.
        """
        ...

    async def discard(self, request: PendingRequest) -> None: ...

    async def get(self, request_id: str) -> PendingRequest | None: ...

    async def of_execution(self, execution_id: str) -> Sequence[PendingRequest]: ...

    async def of_client(self, client_id: ClientId) -> Sequence[PendingRequest]: ...
