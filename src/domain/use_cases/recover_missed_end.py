import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.callbacks import PendingRequest
from domain.errors import GatewayError
from domain.events import ExecutionEvent
from domain.playbooks import RunStatus
from domain.ports.clock import Clock
from domain.ports.playbook_runner import PlaybookRunner
from domain.use_cases.relay_lifecycle import RelayLifecycle

log = logging.getLogger(__name__)
_ASKED_AT_MOST = 20
_ENDS = {
    RunStatus.COMPLETED: ("playbook.completed", "completed"),
    RunStatus.FAILED: ("playbook.failed", "failed"),
    RunStatus.CANCELLED: ("playbook.failed", "cancelled"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverMissedEnd:
    """Asks NoETL how runs stand whose end may have been missed, and relays the ends that it reports (D41).

    Called when a client comes back. Never raises: what cannot be told now is told by the next event.
    """

    runner: PlaybookRunner
    relay: RelayLifecycle
    clock: Clock

    async def __call__(self, pending: Sequence[PendingRequest]) -> None:
        waiting = [request for request in pending if request.execution_id and not request.ended]
        for request in waiting[-_ASKED_AT_MOST:]:
            try:
                await self._recover(request.execution_id)
            except GatewayError as error:
                log.info("the state of execution %s could not be asked: %s", request.execution_id, error.code)

    async def _recover(self, execution_id: str) -> None:
        end = _ENDS.get(await self.runner.status(execution_id))
        if end is None:
            return
        event_type, status = end
        at = datetime.fromtimestamp(self.clock.now(), UTC).isoformat()
        await self.relay(
            ExecutionEvent(
                event_id="recovered", execution_id=execution_id, event_type=event_type, status=status, at=at
            )
        )
