from dataclasses import dataclass, replace
from datetime import UTC, datetime

from domain.callbacks import PendingRequest, PlaybookCallback, is_request_id
from domain.clients import ClientId
from domain.errors import RequestUnknown
from domain.events import Frame, PlaybookResult, PlaybookState, Stage
from domain.holding import hold_until
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock
from domain.ports.pending_requests import PendingRequests
from domain.ports.telemetry import Count, Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverCallback:
    """Records a worker's result for the client that waits; True if the client is connected somewhere (wire 4.3).

    It returns only after the result is stored; a repeated callback is no second result.

    Raises RequestUnknown, StoreUnavailable (the worker should try again).
    """

    pending: PendingRequests
    streams: ClientStreams
    clock: Clock
    telemetry: Telemetry

    async def __call__(self, callback: PlaybookCallback) -> bool:
        request = await self._request(callback.request_id)
        client_id = ClientId.parse(request.client_id)
        if client_id is None:
            raise RequestUnknown
        if not request.answered:
            await self.streams.publish(client_id, self._frames(request, callback))
            self.telemetry.count(Count.FRAMES_PUBLISHED, "result", 2)
            await self.pending.save(replace(self._with_id(request, callback), answered=True))
        return await self.streams.is_connected(client_id)

    async def _request(self, request_id: str) -> PendingRequest:
        request = await self.pending.get(request_id) if is_request_id(request_id) else None
        if request is None:
            self.telemetry.count(Count.CALLBACK_UNDELIVERED, "async")
            raise RequestUnknown
        return request

    def _with_id(self, request: PendingRequest, callback: PlaybookCallback) -> PendingRequest:
        if request.execution_id or not callback.execution_id:
            return request
        return replace(request, execution_id=callback.execution_id)

    def _frames(self, request: PendingRequest, callback: PlaybookCallback) -> list[Frame]:
        """State before result: some clients resolve on the one, some on the other [C]."""
        execution_id = callback.execution_id or request.execution_id
        outcome = "failed" if callback.failed else "completed"
        hold = hold_until(request, self.clock.now())
        state = PlaybookState(
            execution_id=execution_id,
            event_type=f"playbook.{outcome}",
            status=outcome,
            at=datetime.fromtimestamp(self.clock.now(), UTC).isoformat(),
            synthetic=True,
        )
        return [
            Frame(
                key="callback.state", request_id=request.request_id, body=state, stage=Stage.RESULT, hold_until=hold
            ),
            Frame(
                key="callback.result",
                request_id=request.request_id,
                body=PlaybookResult(execution_id=execution_id, callback=callback),
                stage=Stage.RESULT,
                hold_until=hold,
            ),
        ]
