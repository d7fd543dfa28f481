from collections.abc import AsyncIterator

from adapters.memory.health import MemoryHealth
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.upstream import MemoryUpstream
from domain.ports.health import Dependency
from domain.ports.telemetry import Count, Telemetry
from domain.proxying import UpstreamRequest, UpstreamResponse


def test_counts_add_up_by_label() -> None:
    counted = MemoryTelemetry()
    telemetry: Telemetry = counted

    telemetry.count(Count.LOGIN, "succeeded")
    telemetry.count(Count.LOGIN, "succeeded", 2)
    telemetry.count(Count.STREAM_RESET)

    assert counted.counts == {(Count.LOGIN, "succeeded"): 3, (Count.STREAM_RESET, ""): 1}


def test_a_dependency_is_as_well_as_it_is_told_to_be() -> None:
    health = MemoryHealth("nats")
    dependency: Dependency = health
    assert (dependency.name, dependency.trouble()) == ("nats", None)

    health.problem = "not connected"
    assert dependency.trouble() == "not connected"


async def test_leaving_an_exchange_early_ends_its_answer() -> None:
    ended = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal ended
        try:
            yield b"first"
            yield b"second"
        finally:
            ended = True

    async def handle(request: UpstreamRequest) -> UpstreamResponse:
        return UpstreamResponse(status=200, headers=(), body=body())

    request = UpstreamRequest(method="GET", base_url="http://noetl", target=b"/", headers=())
    async with MemoryUpstream(handle).send(request) as response:
        assert await anext(response.body) == b"first"

    assert ended
