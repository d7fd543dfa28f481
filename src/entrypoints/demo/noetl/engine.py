"""Runs playbooks as supervised tasks and keeps the record of their executions."""

import asyncio

from entrypoints.demo.json_types import JsonObject
from entrypoints.demo.noetl.catalog import CatalogEntry
from entrypoints.demo.noetl.event_feed import EventFeed
from entrypoints.demo.noetl.execution import TERMINAL_EVENTS, Execution, ExecutionState
from entrypoints.demo.noetl.playbook import Step, StepError
from entrypoints.demo.noetl.run import Reporter, Run
from entrypoints.demo.noetl.snowflake import SnowflakeIds
from entrypoints.demo.noetl.timeline import Timeline
from entrypoints.demo.supervision import RunningTasks

_KEPT_EXECUTIONS = 500


class Engine:
    def __init__(self, *, ids: SnowflakeIds, feed: EventFeed, reporter: Reporter, tasks: RunningTasks) -> None:
        self._ids = ids
        self._feed = feed
        self._reporter = reporter
        self._tasks = tasks
        self._executions: dict[int, Execution] = {}

    def find(self, execution_id: str) -> Execution | None:
        return self._executions.get(int(execution_id)) if execution_id.isdecimal() else None

    def executions(self) -> list[Execution]:
        """The newest first."""
        return list(reversed(self._executions.values()))

    async def start(self, entry: CatalogEntry, workload: JsonObject, parent: int | None = None) -> Execution:
        """Returns once the first events are written; the steps run in the background."""
        execution = Execution(
            execution_id=self._ids.next(),
            entry=entry,
            workload={**entry.playbook.workload, **workload},
            parent_execution_id=parent,
        )
        self._remember(execution)
        timeline = Timeline(execution, self._ids, self._feed)
        await timeline.begin(entry.playbook.steps[0].name)
        if execution.is_running:  # it may have been cancelled by now
            execution.task = self._tasks.start(
                self._run(execution, timeline), name=f"execution {execution.execution_id} of {entry.path}"
            )
        return execution

    async def cancel(self, execution: Execution, *, reason: str, cascade: bool) -> list[int]:
        """The ids that were cancelled, none if the last event of the execution is a terminal one.

        A run that has just finished can still be cancelled: its last event is that of its last batch.
        """
        if execution.events[-1]["event_type"] in TERMINAL_EVENTS:
            return []
        family = [execution, *(self._descendants(execution.execution_id) if cascade else ())]
        for member in family:
            await _stop(member)
            await Timeline(member, self._ids, self._feed).cancelled(
                reason=reason,
                cascade=cascade,
                cancelled_with=None if member is execution else execution.execution_id,
            )
        return [member.execution_id for member in family]

    def _descendants(self, execution_id: int) -> list[Execution]:
        children = [e for e in self._executions.values() if e.parent_execution_id == execution_id]
        return [member for child in children for member in (child, *self._descendants(child.execution_id))]

    def _remember(self, execution: Execution) -> None:
        finished = [known for known in self._executions.values() if not known.is_running]
        for forgotten in finished[: len(self._executions) + 1 - _KEPT_EXECUTIONS]:
            del self._executions[forgotten.execution_id]
        self._executions[execution.execution_id] = execution

    async def _run(self, execution: Execution, timeline: Timeline) -> None:
        run = Run(
            execution_id=execution.execution_id,
            workload=execution.workload,
            reporter=self._reporter,
            answered=execution.answered,
        )
        try:
            await _perform_steps(execution, timeline, run)
        finally:
            execution.answered.set()


async def _stop(execution: Execution) -> None:
    execution.end(ExecutionState.CANCELLED)
    if execution.task is not None:
        execution.task.cancel()
        await asyncio.wait({execution.task}, timeout=2)


async def _perform_steps(execution: Execution, timeline: Timeline, run: Run) -> None:
    steps = execution.entry.playbook.steps
    index: int | None = 0
    while index is not None:
        await timeline.step_started()
        error = await _perform(steps[index], run)
        following = _following(index, len(steps), failed=error is not None)
        execution.completed_steps.insert(0, steps[index].name)
        if following is None:
            execution.error = run.error
            execution.end(ExecutionState.FAILED if run.error else ExecutionState.COMPLETED)
        await timeline.step_ended(
            error=error,
            step=steps[index].name,
            next_step=None if following is None else steps[following].name,
            failed=run.error is not None,
        )
        index = following


async def _perform(step: Step, run: Run) -> str | None:
    try:
        await step.action(run)
    except StepError as exc:
        run.error = str(exc)
        return run.error
    return None


def _following(index: int, count: int, *, failed: bool) -> int | None:
    """The index of the next step; after a failure that is the last one, which reports it."""
    last = count - 1
    if index == last:
        return None
    return last if failed else index + 1
