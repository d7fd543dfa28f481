from dataclasses import dataclass

from domain.callbacks import ProgressReport, is_request_id
from domain.clients import ClientId
from domain.errors import RequestUnknown
from domain.events import Frame, PlaybookProgress, Stage
from domain.holding import hold_until
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock
from domain.ports.pending_requests import PendingRequests
from domain.ports.telemetry import Count, Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportProgress:
    """Passes a worker's progress on to the client that waits (wire 4.4). Raises RequestUnknown, StoreUnavailable."""

    pending: PendingRequests
    streams: ClientStreams
    clock: Clock
    telemetry: Telemetry

    async def __call__(self, report: ProgressReport) -> None:
        request = await self.pending.get(report.request_id) if is_request_id(report.request_id) else None
        client_id = ClientId.parse(request.client_id) if request else None
        if request is None or client_id is None:
            self.telemetry.count(Count.CALLBACK_UNDELIVERED, "progress")
            raise RequestUnknown
        if request.answered or request.ended:
            self.telemetry.count(Count.FRAMES_DROPPED, "after_end")
            return
        frame = Frame(
            key=None,
            request_id=request.request_id,
            body=PlaybookProgress(execution_id=report.execution_id or request.execution_id or None, report=report),
            stage=Stage.RUNNING,
            hold_until=hold_until(request, self.clock.now()),
        )
        await self.streams.publish(client_id, [frame])
        self.telemetry.count(Count.FRAMES_PUBLISHED, "progress")
