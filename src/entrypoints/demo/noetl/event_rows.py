"""The rows of the event log, field by field as a real server publishes them."""

from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.execution import Execution
from entrypoints.demo.noetl.redaction import redacted
from entrypoints.demo.noetl.snowflake import SnowflakeIds
from entrypoints.demo.noetl.timestamps import event_text, now

Row = dict[str, JsonValue]

WORKER = "worker-demo"


class EventRows:
    """Builds the rows of one execution. Ids are JSON numbers here, unlike in HTTP bodies."""

    def __init__(self, execution: Execution, ids: SnowflakeIds) -> None:
        self._execution = execution
        self._ids = ids

    def initialized(self, event_type: str, node: str, parent: int | None, first_step: str | None) -> Row:
        result: Row = {
            "playbook_path": self._execution.entry.path,
            "workload": redacted(self._execution.workload),
        }
        if first_step is not None:
            result["first_step"] = first_step
        context = {"error": None, "final_step": None, "result": result, "status": "initialized"}
        return self._lifecycle(event_type, node, "initialized", parent, context, None)

    def ended(self, event_type: str, node: str, parent: int, *, final_step: str) -> Row:
        # Also after a failure the result is that of the last step, which did complete.
        result: Row = {"context": {"status": "complete"}, "status": "COMPLETED"}
        status = event_type.rpartition(".")[2]
        context = {"error": None, "final_step": final_step, "result": result, "status": status}
        return self._lifecycle(event_type, node, status, parent, context, result)

    def command(
        self,
        event_type: str,
        node: str,
        status: str,
        *,
        meta: JsonObject,
        command_id: int | None = None,
        parent: int | None = None,
        context: JsonObject | None = None,
        extra: JsonObject | None = None,
    ) -> Row:
        """A row about a step or a batch; `context` is that of its result, `extra` is further columns."""
        result: JsonObject = {"status": status} if context is None else {"context": context, "status": status}
        return {
            **self._row(event_type, node, status),
            "command_id": command_id,
            "frame_id": None,
            "meta": meta,
            "parent_event_id": parent,
            "parent_execution_id": self._execution.parent_execution_id,
            "result": result,
            "stage_id": None,
            **(extra or {}),
        }

    def cancelled(self, *, reason: str, cascade: bool, cancelled_with: int | None) -> Row:
        """`cancelled_with` is the execution whose cancellation took this one along."""
        meta: JsonObject = {
            "actionable": True,
            "cancelled_by": "api",
            "cascade": cascade,
            "parent_cancel_id": None if cancelled_with is None else str(cancelled_with),
            "reason": reason,
        }
        row = self._row("execution.cancelled", "cancel", "CANCELLED")
        return {**row, "meta": meta, "result": {"status": "CANCELLED"}}

    def _lifecycle(
        self,
        event_type: str,
        node: str,
        status: str,
        parent: int | None,
        context: JsonObject,
        result: JsonObject | None,
    ) -> Row:
        return {
            **self._row(event_type, node, status),
            "context": context,
            "duration": 0,
            "error": None,
            "meta": {},
            "parent_event_id": parent,
            "parent_execution_id": self._execution.parent_execution_id,
            "result": result,
            "worker_id": None,
        }

    def _row(self, event_type: str, node: str, status: str) -> Row:
        moment = event_text(now())
        return {
            "catalog_id": self._execution.entry.catalog_id,
            "created_at": moment,
            "event_id": self._ids.next(),
            "event_time": moment,
            "event_type": event_type,
            "execution_id": self._execution.execution_id,
            "ingest_time": moment,
            "node_id": node,
            "node_name": node,
            "status": status,
        }
