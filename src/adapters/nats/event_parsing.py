"""Lifecycle events of either NoETL server, in one form (wire 5)."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from adapters.nats.keys import is_part
from domain.events import ExecutionEvent

_CANCELLED = "cancelled"
_TYPES = {
    "step.exit": "step.exit",
    "step_exit": "step.exit",
    "playbook.completed": "playbook.completed",
    "playbook_completed": "playbook.completed",
    "playbook.failed": "playbook.failed",
    "playbook_failed": "playbook.failed",
    "calendar.event.touched": "calendar.event.touched",
    "calendar_event_touched": "calendar.event.touched",
    # Clients know no other word for it (D25).
    "execution.cancelled": _CANCELLED,
    "execution_cancelled": _CANCELLED,
    "playbook.cancelled": _CANCELLED,
    "playbook_cancelled": _CANCELLED,
}
_DEFAULT_STATUS = {"playbook.completed": "completed", "playbook.failed": "failed"}
_EXECUTION_ID = re.compile(r"-?[0-9]{1,19}", re.ASCII)


class _Event(msgspec.Struct):
    """Everything else in an event is skipped unread."""

    event_type: object = None
    type: object = None
    name: object = None
    execution_id: object = None
    executionId: object = None  # noqa: N815
    id: object = None
    step_name: object = None
    stepName: object = None  # noqa: N815
    node_name: object = None
    nodeName: object = None  # noqa: N815
    step: object = None
    status: object = None
    at: object = None
    timestamp: object = None
    created_at: object = None
    createdAt: object = None  # noqa: N815
    event_id: object = None


_decoder = msgspec.json.Decoder(_Event)


def parse_event(subject: str, prefix: str, payload: bytes, now: float) -> ExecutionEvent | None:
    """None for what nobody is told of. `prefix`: what the subjects of events begin with; `now`: epoch seconds."""
    try:
        event = _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    kind = _TYPES.get((_text(event.event_type, event.type, event.name) or "").lower())
    execution_id = _execution_id(event, subject.removeprefix(prefix)) if kind else None
    if kind is None or execution_id is None:
        return None
    event_type = "playbook.failed" if kind == _CANCELLED else kind
    status = _CANCELLED if kind == _CANCELLED else _text(event.status)
    return ExecutionEvent(
        event_id=_id(event.event_id) or hashlib.blake2b(payload, digest_size=16).hexdigest(),
        execution_id=execution_id,
        event_type=event_type,
        status=status or _DEFAULT_STATUS.get(event_type, "running"),
        at=_text(event.at, event.timestamp, event.created_at, event.createdAt) or _rfc3339(now),
        step_name=_text(event.step_name, event.stepName, event.node_name, event.nodeName, event.step),
    )


def _execution_id(event: _Event, rest_of_subject: str) -> str | None:
    """Numbers beyond 2^53 keep their digits. The subject names the id in the form of one server only."""
    for value in (event.execution_id, event.executionId, event.id):
        found = _id(value)
        if found is not None:
            return found
    parts = rest_of_subject.split(".")
    return parts[2] if len(parts) > 2 and _EXECUTION_ID.fullmatch(parts[2]) else None


def _id(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return text if is_part(text) else None


def _text(*values: object) -> str | None:
    return next(_non_blank(values), None)


def _non_blank(values: Iterable[object]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str) and value.strip())


def _rfc3339(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
