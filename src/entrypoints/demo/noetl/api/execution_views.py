"""How executions look over HTTP. Ids are text here, unlike in the events on NATS."""

from collections.abc import Sequence

from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.execution import Execution, ExecutionState
from entrypoints.demo.noetl.redaction import redacted
from entrypoints.demo.noetl.timestamps import duration_text, iso_text, now

_EVENT_COLUMNS = (
    "event_type",
    "node_id",
    "node_name",
    "status",
    "created_at",
    "context",
    "result",
    "error",
    "duration",
)


def status_view(execution: Execution, *, inferred: bool) -> JsonObject:
    """There is no `status` here, and a cancelled execution counts as completed.

    `inferred`: a running one is taken for completed, as happens between two steps.
    """
    inferred = inferred and execution.is_running
    ended_at = now() if inferred else execution.ended_at
    return {
        "execution_id": str(execution.execution_id),
        "current_step": execution.completed_steps[0] if execution.completed_steps else None,
        "completed_steps": execution.completed_steps,
        "failed": execution.state is ExecutionState.FAILED,
        "completed": inferred or execution.state in {ExecutionState.COMPLETED, ExecutionState.CANCELLED},
        "completion_inferred": inferred,
        "variables": redacted(execution.workload),
        "start_time": iso_text(execution.started_at),
        "end_time": iso_text(ended_at) if ended_at else None,
        **_duration(execution),
    }


def entry_view(execution: Execution) -> dict[str, JsonValue]:
    parent = execution.parent_execution_id
    return {
        "execution_id": str(execution.execution_id),
        "catalog_id": str(execution.entry.catalog_id),
        "path": execution.entry.path,
        "version": execution.entry.version,
        "status": execution.state.value,
        "start_time": iso_text(execution.started_at),
        "end_time": iso_text(execution.ended_at) if execution.ended_at else None,
        **_duration(execution),
        "progress": 0 if execution.is_running else 100,
        "result": None,
        "error": execution.error,
        "parent_execution_id": None if parent is None else str(parent),
    }


def events_view(events: Sequence[JsonObject], *, page: int, page_size: int) -> dict[str, JsonValue]:
    """One page, the newest event first."""
    pages = max(1, -(-len(events) // page_size))
    first = (page - 1) * page_size
    newest_first = list(reversed(events))
    return {
        "events": [_event_view(event) for event in newest_first[first : first + page_size]],
        "pagination": {
            "page": page,
            "page_size": page_size,
            "total_events": len(events),
            "total_pages": pages,
            "has_next": page < pages,
            "has_prev": page > 1,
        },
    }


def _event_view(event: JsonObject) -> JsonObject:
    ids = ("execution_id", "event_id", "catalog_id", "parent_event_id", "parent_execution_id")
    return {
        **{name: _id_text(event.get(name)) for name in ids},
        **{name: event.get(name) for name in _EVENT_COLUMNS},
        "timestamp": event["created_at"],
    }


def _id_text(value: JsonValue) -> str | None:
    return None if value is None else str(value)


def _duration(execution: Execution) -> dict[str, JsonValue]:
    seconds = execution.duration()
    return {"duration_seconds": round(seconds, 3), "duration_human": duration_text(seconds)}
