import pytest
from tests.unit.domain.gateway import Gateway

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The event loop that serves in production."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def gateway(clock: ManualClock) -> Gateway:
    return Gateway(MemoryBus(clock))
