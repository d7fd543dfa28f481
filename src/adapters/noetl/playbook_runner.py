from dataclasses import dataclass
from urllib.parse import quote

from adapters.noetl.api_client import NoetlApi, Reply
from adapters.noetl.wire import DetailReply, ExecuteReply, StatusReply
from domain.errors import (
    ExecutionRefused,
    UpstreamMisbehaved,
    UpstreamSuspended,
    UpstreamTimedOut,
    UpstreamUnreachable,
)
from domain.identity import Session
from domain.json_values import JsonValue
from domain.playbooks import Execution, ExecutionOrder, RunStatus

_STATUSES = {
    "running": RunStatus.RUNNING,
    "completed": RunStatus.COMPLETED,
    "failed": RunStatus.FAILED,
    "cancelled": RunStatus.CANCELLED,
    "canceled": RunStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class NoetlPlaybookRunner:
    """Texts of its errors are the ones that clients have always been shown (wire 3.1, 6), without internals."""

    api: NoetlApi

    async def execute(self, order: ExecutionOrder) -> Execution:
        kind = order.resource_kind.value
        body: dict[str, JsonValue] = {"workload": order.workload, "resource_kind": kind, **order.extras}
        if order.path is not None:
            body["path"] = order.path
        if order.catalog_id is not None:
            body["catalog_id"] = order.catalog_id
        reply = await self._post("/api/execute", body, "execute_catalog_entry: send", order.on_behalf_of)
        if not reply.is_success:
            raise ExecutionRefused(
                f"Execute catalog entry failed (resource_kind={kind}): {reply.explanation()}", status=reply.status
            )
        return _execution(reply)

    async def rerun(self, execution_id: str, workload: JsonValue, on_behalf_of: Session | None = None) -> Execution:
        target = f"/api/executions/{quote(execution_id, safe='')}/rerun"
        body: JsonValue = {"workload": workload, "resource_kind": "playbook"}
        reply = await self._post(target, body, "rerun_execution: send", on_behalf_of)
        if not reply.is_success:
            raise ExecutionRefused(f"Rerun execution failed: {reply.explanation()}", status=reply.status)
        return _execution(reply)

    async def cancel(self, execution_id: str, reason: str) -> None:
        target = f"/api/executions/{quote(execution_id, safe='')}/cancel"
        reply = await self._post(target, {"reason": reason, "cascade": True}, "cancel_execution: send", None)
        if not reply.is_success and reply.status != 422:  # the Rust server's way to say that it has ended already
            raise ExecutionRefused(f"Cancel execution failed: {reply.explanation()}", status=reply.status)

    async def status(self, execution_id: str) -> RunStatus:
        target = f"/api/executions/{quote(execution_id, safe='')}"
        reply = await self.api.get(f"{target}/status")
        if not reply.is_success:
            return RunStatus.UNKNOWN
        status = reply.decoded(StatusReply)
        if status.status is not None:
            return _STATUSES.get(status.status.lower(), RunStatus.UNKNOWN)
        if status.failed:
            return RunStatus.FAILED
        if not status.completed:
            return RunStatus.RUNNING
        return await self._certain_end(target, status)

    async def _certain_end(self, target: str, status: StatusReply) -> RunStatus:
        """`completed` may be inferred between two steps, and is how a cancelled run reads (captures, 1 and 2)."""
        detail = await self.api.get(f"{target}?page_size=10")
        word = detail.decoded(DetailReply).status if detail.is_success else None
        known = _STATUSES.get((word or "").lower(), RunStatus.UNKNOWN)
        if known.is_terminal or status.completion_inferred:
            return known
        return RunStatus.UNKNOWN

    async def _post(self, target: str, body: JsonValue, sending: str, on_behalf_of: Session | None) -> Reply:
        try:
            return await self.api.post(target, body, on_behalf_of=on_behalf_of)
        except UpstreamUnreachable as error:
            raise UpstreamUnreachable(sending) from error
        except UpstreamSuspended as error:
            raise UpstreamSuspended(sending) from error
        except UpstreamTimedOut as error:
            raise UpstreamTimedOut(f"{sending}: NoETL did not answer in time") from error


def _execution(reply: Reply) -> Execution:
    try:
        parsed = reply.decoded(ExecuteReply)
    except UpstreamMisbehaved as error:
        raise UpstreamMisbehaved("parse execution response") from error
    execution_id = str(parsed.execution_id).strip()
    if not execution_id:
        raise UpstreamMisbehaved("parse execution response")
    return Execution(execution_id=execution_id, name=parsed.name or parsed.path, status=parsed.status)
