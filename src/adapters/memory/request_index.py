from collections.abc import Sequence

from domain.callbacks import PendingRequest
from domain.expiring_memory import ExpiringMemory
from domain.ports.clock import Clock


class RequestIndex:
    """Pending requests, findable by request, by execution and by client."""

    def __init__(self, clock: Clock, *, seconds: float, capacity: int) -> None:
        self._requests = ExpiringMemory[str, PendingRequest](clock, seconds=seconds, capacity=capacity)
        self._of_execution: dict[str, dict[str, None]] = {}
        self._of_client: dict[str, dict[str, None]] = {}

    def get(self, request_id: str) -> PendingRequest | None:
        return self._requests.get(request_id)

    def put(self, request: PendingRequest) -> None:
        stored = self._requests.get(request.request_id)
        record = request.saved_over(stored) if stored else request
        self._requests.put(record.request_id, record)
        if record.execution_id:
            self._of_execution.setdefault(record.execution_id, {})[record.request_id] = None
            self._of_client.setdefault(record.client_id, {})[record.request_id] = None

    def remove(self, request: PendingRequest) -> None:
        self._requests.forget(request.request_id)

    def of_execution(self, execution_id: str) -> Sequence[PendingRequest]:
        return self._found(self._of_execution, execution_id)

    def of_client(self, client_id: str) -> Sequence[PendingRequest]:
        return [each for each in self._found(self._of_client, client_id) if not (each.answered or each.ended)]

    def _found(self, index: dict[str, dict[str, None]], key: str) -> list[PendingRequest]:
        """What has expired or was removed leaves the index when it is next looked for."""
        ids = index.get(key, {})
        found = {request_id: self._requests.get(request_id) for request_id in ids}
        for request_id in [gone for gone, request in found.items() if request is None]:
            del ids[request_id]
        if not ids:
            index.pop(key, None)
        return [request for request in found.values() if request is not None]
