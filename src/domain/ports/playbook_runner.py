from typing import Protocol

from domain.identity import Session
from domain.json_values import JsonValue
from domain.playbooks import Execution, ExecutionOrder, RunStatus


class PlaybookRunner(Protocol):
    """NoETL's execution API. Every call ends within the configured deadline.

    All raise ExecutionRefused when NoETL answers with an error, UpstreamUnreachable, UpstreamTimedOut or
    UpstreamMisbehaved when it does not answer properly.
    """

    async def execute(self, order: ExecutionOrder) -> Execution: ...

    async def rerun(self, execution_id: str, workload: JsonValue, on_behalf_of: Session | None = None) -> Execution:
        """`execution_id`: decimal digits (`checked_execution_id`)."""
        ...

    async def cancel(self, execution_id: str, reason: str) -> None: ...

    async def status(self, execution_id: str) -> RunStatus:
        """UNKNOWN where NoETL does not say for certain: an inferred completion is none (captures, note 1)."""
        ...
