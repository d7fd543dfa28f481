"""Each suite in this folder runs over every adapter of its port. Another adapter is one more parameter here."""

from collections.abc import AsyncIterator

import pytest
from tests.contracts.memory_replicas import MemoryReplicas
from tests.contracts.replicas import Replicas


@pytest.fixture(params=["memory"])
async def replicas(request: pytest.FixtureRequest) -> AsyncIterator[Replicas]:
    """Two gateways over the adapters of `request.param`."""
    yield MemoryReplicas()
