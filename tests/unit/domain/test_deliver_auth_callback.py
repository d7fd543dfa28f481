import pytest
from tests.unit.domain.gateway import Gateway

from adapters.memory.bus import MemoryBus
from domain.callbacks import CallbackResult
from domain.ports.telemetry import Count

REQUEST = "b36f4f73-fa03-4953-8e0e-2e2698559f28"


async def test_an_answer_reaches_its_waiter_on_any_replica_once(gateway: Gateway, bus: MemoryBus) -> None:
    answer = CallbackResult(request_id=REQUEST, data={"valid": True})
    async with gateway.inbox.expect(REQUEST) as waiter:
        assert await Gateway(bus).deliver_auth(answer)
        assert not await gateway.deliver_auth(answer)
        assert await waiter.result(gateway.clock.monotonic() + 1) == answer

    assert gateway.telemetry.counts[Count.CALLBACK_UNDELIVERED, "auth"] == 1


@pytest.mark.parametrize("request_id", ["not-a-uuid", "", ">", "*"])
async def test_only_ids_that_the_gateway_drew_are_looked_for(gateway: Gateway, request_id: str) -> None:
    async with gateway.inbox.expect(request_id):
        assert not await gateway.deliver_auth(CallbackResult(request_id=request_id))
