"""The rows about one step: issued, claimed, started, and how it went."""

import uuid

from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.batch_rows import Batch
from entrypoints.demo.noetl.event_rows import WORKER, EventRows, Row
from entrypoints.demo.noetl.execution import Execution
from entrypoints.demo.noetl.redaction import redacted
from entrypoints.demo.noetl.timestamps import now

_LOCATOR = "noetl://tenant/default/org/default/worker/demo"


class CommandRows:
    def __init__(self, execution: Execution, rows: EventRows, *, step: str, command_id: int) -> None:
        self._execution = execution
        self._rows = rows
        self._step = step
        self._command_id = command_id

    def issued(self, *, parent: int, caused_by: Batch | None, trigger: str) -> Row:
        """`caused_by` is the batch whose event `trigger` led to this step, None for the first step."""
        meta: dict[str, JsonValue] = {
            "actionable": True,
            "command_id": self._command_id,
            "step": self._step,
            "tool_kind": "python",
        }
        if caused_by is None:
            meta |= {
                "attempt": 1,
                "catalog_id": str(self._execution.entry.catalog_id),
                "execution_id": str(self._execution.execution_id),
                "max_attempts": 3,
            }
        else:
            meta |= {"batch_request_id": caused_by.batch_id, "triggered_by": trigger}
        return self._rows.command(
            "command.issued",
            self._step,
            "PENDING",
            meta=meta,
            command_id=self._command_id,
            parent=parent,
            extra={"context": self._command_context(), "node_type": "python"},
        )

    def claimed(self) -> Row:
        meta: JsonObject = {
            "actionable": False,
            "command_id": self._command_id,
            "informative": True,
            "locality": {"runtime": "cpu", "worker_pool": "demo"},
            "worker_id": WORKER,
            "worker_locator": _LOCATOR,
        }
        return self._command("command.claimed", "RUNNING", meta, {})

    def started(self, batch: Batch) -> list[Row]:
        started = self._reported(batch, "command.started", "RUNNING", {"worker_id": WORKER})
        entered = self._rows.command(
            "step.enter", self._step, "RUNNING", meta=batch.meta(), context={"status": "started"}
        )
        return [started, _persisted(entered)]

    def done(self, batch: Batch, status: str) -> list[Row]:
        """`call.done` first: it is the actionable one."""
        context: JsonObject = {"status": status}
        return [
            self._reported(batch, "call.done", "COMPLETED", context, actionable=True),
            self._reported(batch, "step.exit", "COMPLETED", context),
            self._reported(batch, "command.completed", "COMPLETED", {**context, "worker_id": WORKER}),
        ]

    def failed(self, batch: Batch, error: str) -> list[Row]:
        """`call.error` second: it is the actionable one. The step is left all the same."""
        context: JsonObject = {"error": error, "id": str(uuid.uuid4()), "status": "error"}
        return [
            self._reported(batch, "command.failed", "FAILED", {**context, "worker_id": WORKER}),
            self._reported(batch, "call.error", "FAILED", context, actionable=True),
            self._reported(batch, "step.exit", "COMPLETED", context),
        ]

    def _reported(
        self, batch: Batch, event_type: str, status: str, context: JsonObject, *, actionable: bool = False
    ) -> Row:
        meta = {**batch.meta(actionable=actionable), "command_id": self._command_id}
        return _persisted(self._command(event_type, status, meta, context))

    def _command(self, event_type: str, status: str, meta: JsonObject, context: JsonObject) -> Row:
        return self._rows.command(
            event_type,
            self._step,
            status,
            meta=meta,
            command_id=self._command_id,
            context={"command_id": self._command_id, **context},
        )

    def _command_context(self) -> JsonObject:
        workload = redacted(self._execution.workload)
        execution_id = str(self._execution.execution_id)
        event: JsonObject = {
            "name": "command_creation",
            "payload": {},
            "step": self._step,
            "timestamp": now().replace(tzinfo=None).isoformat(timespec="microseconds"),
        }
        return {
            "input": {},
            "render_context": {
                "catalog_id": str(self._execution.entry.catalog_id),
                "ctx": workload,
                "event": event,
                "execution_id": execution_id,
                "iter": {},
                "job": {"execution_id": execution_id, "id": execution_id, "uuid": execution_id},
                "output": {"data": None, "error": None, "ref": None, "status": "ok"},
                "workload": workload,
            },
            "spec": {"next_mode": "exclusive"},
            "tool_config": {"code": "", "input": {}, "output": None, "spec": None},
        }


def _persisted(row: Row) -> Row:
    meta = row["meta"]
    assert isinstance(meta, dict)
    return {**row, "meta": {**meta, "persisted_event_id": str(row["event_id"])}}
