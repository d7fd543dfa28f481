import itertools
from collections.abc import Awaitable, Callable

from domain.errors import ExecutionRefused, GatewayError
from domain.identity import Session
from domain.json_values import JsonValue
from domain.playbooks import Execution, ExecutionOrder, RunStatus

_FIRST_ID = 766_633_604_884_463_618


async def _idle(_order: ExecutionOrder, _execution: Execution) -> None:
    return


class MemoryPlaybookRunner:
    """Starts nothing, but remembers what it was told to start.

    `at_work` is awaited before `execute` answers: a worker that is faster than the answer. `trouble` is raised
    by every call while it is set. `statuses` may be changed as runs go on.
    """

    def __init__(self, at_work: Callable[[ExecutionOrder, Execution], Awaitable[None]] = _idle) -> None:
        self.orders: list[ExecutionOrder] = []
        self.cancelled: dict[str, str] = {}
        self.statuses: dict[str, RunStatus] = {}
        self.at_work = at_work
        self.trouble: GatewayError | None = None
        self._ids = itertools.count(_FIRST_ID)
        self._of_execution: dict[str, ExecutionOrder] = {}

    async def execute(self, order: ExecutionOrder) -> Execution:
        self._check()
        execution = Execution(execution_id=str(next(self._ids)), name=order.path, status="started")
        self.orders.append(order)
        self._of_execution[execution.execution_id] = order
        self.statuses[execution.execution_id] = RunStatus.RUNNING
        await self.at_work(order, execution)
        return execution

    async def rerun(self, execution_id: str, workload: JsonValue, on_behalf_of: Session | None = None) -> Execution:
        self._check(execution_id)
        path = self._of_execution[execution_id].path
        return await self.execute(ExecutionOrder(path=path, workload=workload, on_behalf_of=on_behalf_of))

    async def cancel(self, execution_id: str, reason: str) -> None:
        self._check(execution_id)
        self.cancelled[execution_id] = reason
        self.statuses[execution_id] = RunStatus.CANCELLED

    async def status(self, execution_id: str) -> RunStatus:
        self._check()
        return self.statuses.get(execution_id, RunStatus.UNKNOWN)

    def _check(self, execution_id: str | None = None) -> None:
        if self.trouble is not None:
            raise self.trouble
        if execution_id is not None and execution_id not in self._of_execution:
            raise ExecutionRefused(f"Execution {execution_id} not found", status=404)
