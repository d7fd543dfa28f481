"""Writes the events of one execution, in the order in which a real server publishes them."""

from entrypoints.demo.noetl.batch_rows import Batch
from entrypoints.demo.noetl.command_rows import CommandRows
from entrypoints.demo.noetl.event_feed import EventFeed
from entrypoints.demo.noetl.event_rows import EventRows, Row
from entrypoints.demo.noetl.execution import Execution
from entrypoints.demo.noetl.snowflake import SnowflakeIds


class Timeline:
    """`begin`, then `step_started` and `step_ended` for each step, or `cancelled` at any time."""

    def __init__(self, execution: Execution, ids: SnowflakeIds, feed: EventFeed) -> None:
        self._execution = execution
        self._ids = ids
        self._feed = feed
        self._rows = EventRows(execution, ids)
        self._playbook_event = 0
        self._workflow_event = 0
        self._command: CommandRows | None = None

    async def begin(self, first_step: str) -> None:
        path = self._execution.entry.path
        playbook = self._rows.initialized("playbook.initialized", path, None, None)
        self._playbook_event = _id(playbook)
        workflow = self._rows.initialized("workflow.initialized", "workflow", self._playbook_event, first_step)
        self._workflow_event = _id(workflow)
        await self._emit(playbook, workflow, self._issue(first_step, parent=self._playbook_event))

    async def step_started(self) -> None:
        command = self._current()
        await self._emit(command.claimed())
        batch = self._batch()
        events = command.started(batch)
        await self._emit(*events, batch.accepted(events), batch.processing(events))
        await self._emit(batch.completed(actionable=False))

    async def step_ended(self, *, error: str | None, next_step: str | None, step: str, failed: bool) -> None:
        """`error` is this step's own; `failed` that of the execution, if this was its last step."""
        command, batch = self._current(), self._batch()
        if error is None:
            events = command.done(batch, "ok" if next_step else "complete")
            cause = events[0]
        else:
            events = command.failed(batch, error)
            cause = events[1]
        await self._emit(*events, batch.accepted(events, actionable=cause), batch.processing(events))
        if next_step is None:
            await self._emit(*self._end(step, failed=failed))
            await self._emit(batch.completed(actionable=True, ends_execution=True))
            return
        trigger = str(cause["event_type"])
        issued = self._issue(next_step, parent=_id(cause), caused_by=batch, trigger=trigger)
        await self._emit(issued, batch.completed(actionable=True, commands=1))

    async def cancelled(self, *, reason: str, cascade: bool, cancelled_with: int | None) -> None:
        row = self._rows.cancelled(reason=reason, cascade=cascade, cancelled_with=cancelled_with)
        await self._emit(row)

    def _end(self, step: str, *, failed: bool) -> tuple[Row, Row]:
        word = "failed" if failed else "completed"
        path = self._execution.entry.path
        return (
            self._rows.ended(f"workflow.{word}", "workflow", self._workflow_event, final_step=step),
            self._rows.ended(f"playbook.{word}", path, self._playbook_event, final_step=step),
        )

    def _issue(self, step: str, *, parent: int, caused_by: Batch | None = None, trigger: str = "") -> Row:
        self._command = CommandRows(self._execution, self._rows, step=step, command_id=self._ids.next())
        return self._command.issued(parent=parent, caused_by=caused_by, trigger=trigger)

    def _current(self) -> CommandRows:
        assert self._command is not None, "begin() comes first"
        return self._command

    def _batch(self) -> Batch:
        return Batch(self._rows, self._ids.next(), self._execution.execution_id)

    async def _emit(self, *rows: Row) -> None:
        for row in rows:
            self._execution.events.append(row)
            await self._feed.publish(row)


def _id(row: Row) -> int:
    event_id = row["event_id"]
    assert isinstance(event_id, int)
    return event_id
