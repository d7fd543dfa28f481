"""A worker sends events in batches, and the server logs what became of each batch."""

import uuid

from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.event_rows import WORKER, EventRows, Row

_NODE = "events.batch"

# How long the parts of the work took; nobody reads the numbers, but they are a part of the row.
_ENGINE_TIMES: JsonObject = {
    "commit_ms": 0.4,
    "engine_total_ms": 4.2,
    "lock_acquire_ms": 0.4,
    "pool_checkout_ms": 0.02,
    "save_state_coalesced_count": 2,
    "save_state_ms": 0.8,
    "save_state_ms_calls": 3,
    "state_load_ms": 0.5,
    "transaction_ms": 5.6,
}
_COMPLETION_TIMES: JsonObject = {"persist_event_compat_ms": 7.4, "persist_event_compat_ms_calls": 2}


class Batch:
    """One batch of the worker; `meta()` goes into each event that it holds."""

    def __init__(self, rows: EventRows, batch_id: int, execution_id: int) -> None:
        self._rows = rows
        self._batch_id = str(batch_id)
        self._key = f"{WORKER}:{execution_id}:{uuid.uuid4().hex}"

    @property
    def batch_id(self) -> str:
        return self._batch_id

    def meta(self, *, actionable: bool = False) -> dict[str, JsonValue]:
        return {
            "actionable": actionable,
            "batch_request_id": self._batch_id,
            "idempotency_key": self._key,
            "informative": True,
            "worker_id": WORKER,
        }

    def accepted(self, events: list[Row], *, actionable: Row | None = None) -> Row:
        """`actionable` is the event of the batch that makes the engine go on."""
        meta = {**self.meta(), "event_count": len(events)}
        if actionable is not None:
            meta["last_actionable_event_id"] = str(actionable["event_id"])
        context: JsonObject = {
            "commands_generated": 0,
            "event_ids": [event["event_id"] for event in events],
            "request_id": self._batch_id,
        }
        return self._rows.command("batch.accepted", _NODE, "PENDING", meta=meta, context=context)

    def processing(self, events: list[Row]) -> Row:
        context: JsonObject = {
            "event_count": len(events),
            "queue_wait_ms": 0.25,
            "request_id": self._batch_id,
        }
        return self._rows.command("batch.processing", _NODE, "RUNNING", meta=self.meta(), context=context)

    def completed(self, *, actionable: bool, commands: int = 0, ends_execution: bool = False) -> Row:
        context: JsonObject = {
            "actionable_event": actionable,
            "commands_generated": commands,
            "issue_commands_ms": 0.01,
            "processing_ms": 0.03,
            "request_id": self._batch_id,
            **(_ENGINE_TIMES if actionable else {}),
            **(_COMPLETION_TIMES if ends_execution else {}),
        }
        return self._rows.command("batch.completed", _NODE, "COMPLETED", meta=self.meta(), context=context)
