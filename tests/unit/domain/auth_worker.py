"""NoETL's workers as far as auth playbooks concern them."""

from tests.unit.domain.gateway import Gateway

from domain.callbacks import CallbackResult
from domain.json_values import JsonObject, JsonValue
from domain.playbooks import Execution, ExecutionOrder


def workload(order: ExecutionOrder) -> JsonObject:
    assert isinstance(order.workload, dict)
    return order.workload


def answering(gateway: Gateway, data: JsonValue, status: str = "success") -> None:
    """From now on a worker answers each run at once, before NoETL has said that it started it."""

    async def at_work(order: ExecutionOrder, execution: Execution) -> None:
        request_id = str(workload(order)["request_id"])
        await gateway.deliver_auth(CallbackResult(request_id=request_id, status=status, data=data))

    gateway.runner.at_work = at_work
