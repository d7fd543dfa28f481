"""One run of a playbook, as the server remembers it."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from entrypoints.demo.json_types import JsonObject
from entrypoints.demo.noetl.catalog import CatalogEntry
from entrypoints.demo.noetl.timestamps import now

TERMINAL_EVENTS = frozenset(
    {
        "playbook.completed",
        "playbook.failed",
        "workflow.completed",
        "workflow.failed",
        "command.failed",
        "execution.cancelled",
    }
)


class ExecutionState(StrEnum):
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(slots=True, kw_only=True, eq=False)
class Execution:
    execution_id: int
    entry: CatalogEntry
    workload: JsonObject
    parent_execution_id: int | None = None
    state: ExecutionState = ExecutionState.RUNNING
    events: list[JsonObject] = field(default_factory=list)
    completed_steps: list[str] = field(default_factory=list)
    """The newest first."""
    error: str | None = None
    started_at: datetime = field(default_factory=now)
    ended_at: datetime | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the final callback is out, or will never be."""
    task: "asyncio.Task[None] | None" = None

    @property
    def is_running(self) -> bool:
        return self.state is ExecutionState.RUNNING

    def end(self, state: ExecutionState) -> None:
        self.state = state
        self.ended_at = self.ended_at or now()

    def duration(self) -> float:
        """Seconds so far, or altogether."""
        return ((self.ended_at or now()) - self.started_at).total_seconds()
