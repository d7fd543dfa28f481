"""Each suite in this folder runs over every adapter of its port. Another adapter is one more parameter here."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from tests.contracts import back_ends
from tests.contracts.back_ends import BackEnd
from tests.contracts.memory_replicas import MemoryReplicas
from tests.contracts.relay import Relay
from tests.contracts.replicas import Replicas


@pytest.fixture(params=["memory", pytest.param("nats", marks=pytest.mark.integration)])
async def replicas(request: pytest.FixtureRequest) -> AsyncIterator[Replicas]:
    """Two gateways over the adapters of `request.param`."""
    if request.param == "memory":
        yield MemoryReplicas()
        return
    from tests.integration.nats.nats_replicas import nats_replicas

    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(Relay(request.getfixturevalue("nats_url")).listening())
        yield await stack.enter_async_context(nats_replicas(relay))  # type: ignore[arg-type]


@pytest.fixture(
    params=[back_ends.memory, back_ends.synchronous_api, back_ends.playbooks], ids=lambda make: make.__name__
)
async def back_end(request: pytest.FixtureRequest) -> BackEnd:
    made: BackEnd = request.param()
    return made
