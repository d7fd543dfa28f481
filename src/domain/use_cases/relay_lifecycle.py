from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.callbacks import PendingRequest
from domain.clients import ClientId
from domain.events import ExecutionEvent, Frame, PlaybookState, Stage
from domain.expiring_memory import ExpiringMemory
from domain.holding import hold_until
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock
from domain.ports.pending_requests import PendingRequests
from domain.ports.telemetry import Count, Telemetry

_EVENTS_KEPT_PER_EXECUTION = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayLifecycle:
    """Tells every client that waits for an execution how it goes (wire 5). Raises StoreUnavailable.

    `unclaimed` keeps the events of executions that nobody waits for, for seconds: the execute call of a fast
    playbook may return after the playbook has ended (D21). `StartedRequests` then tells the replica that took
    the events, whichever it is, to `catch_up`.
    """

    pending: PendingRequests
    streams: ClientStreams
    clock: Clock
    telemetry: Telemetry
    unclaimed: ExpiringMemory[str, tuple[ExecutionEvent, ...]]

    async def __call__(self, event: ExecutionEvent) -> None:
        # Kept before the question: the request may become known, and `catch_up` run, before the answer is here.
        self._keep(event)
        requests = await self.pending.of_execution(event.execution_id)
        self.telemetry.count(Count.LIFECYCLE_EVENTS, "relayed" if requests else "unclaimed")
        if requests:
            await self._relay(requests, event)

    async def catch_up(self, request: PendingRequest) -> None:
        """Relays what came before anybody was known to wait for this execution."""
        for event in self._kept(request.execution_id):
            await self._tell(request, event)
            self._forget(event)

    async def _relay(self, requests: Sequence[PendingRequest], event: ExecutionEvent) -> None:
        """`event` after the kept ones, which came before it. What is told twice is stored once."""
        kept = self._kept(event.execution_id)
        for each in kept if event in kept else (*kept, event):
            for request in requests:
                await self._tell(request, each)
            self._forget(each)

    def _kept(self, execution_id: str) -> tuple[ExecutionEvent, ...]:
        return self.unclaimed.get(execution_id) or ()

    def _keep(self, event: ExecutionEvent) -> None:
        """The newest: the end of a run must be among them."""
        kept = (*self._kept(event.execution_id), event)
        self.unclaimed.put(event.execution_id, kept[-_EVENTS_KEPT_PER_EXECUTION:])

    def _forget(self, event: ExecutionEvent) -> None:
        left = tuple(kept for kept in self._kept(event.execution_id) if kept is not event)
        if left:
            self.unclaimed.put(event.execution_id, left)
        else:
            self.unclaimed.forget(event.execution_id)

    async def _tell(self, request: PendingRequest, event: ExecutionEvent) -> None:
        client_id = ClientId.parse(request.client_id)
        if client_id is None or self._comes_too_late(request, event):
            self.telemetry.count(Count.FRAMES_DROPPED, "after_end")
            return
        await self.streams.publish(client_id, [self._frame(request, event)])
        self.telemetry.count(Count.FRAMES_PUBLISHED, "state")
        if event.is_terminal:
            await self.pending.save(replace(request, ended=True))

    def _comes_too_late(self, request: PendingRequest, event: ExecutionEvent) -> bool:
        if event.event_type == "calendar.event.touched":
            return False
        return request.ended or (request.answered and not event.is_terminal)

    def _frame(self, request: PendingRequest, event: ExecutionEvent) -> Frame:
        state = PlaybookState(
            execution_id=event.execution_id,
            event_type=event.event_type,
            status=event.status,
            at=event.at,
            step_name=event.step_name,
        )
        stage = Stage.TERMINAL if event.is_terminal else Stage.RUNNING
        if event.event_type == "calendar.event.touched":
            stage = Stage.NONE
        return Frame(
            # One key for every kind of end: the first that is stored is the only one (terminal states are final).
            key="lifecycle.end" if event.is_terminal else f"lifecycle.{event.event_id}",
            request_id=request.request_id,
            body=state,
            stage=stage,
            hold_until=hold_until(request, self.clock.now()),
        )
