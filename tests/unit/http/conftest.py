import pytest
from tests.unit.domain.gateway import Gateway

from adapters.memory.bus import MemoryBus
from adapters.memory.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bus(clock: ManualClock) -> MemoryBus:
    return MemoryBus(clock)


@pytest.fixture
def gateway(bus: MemoryBus) -> Gateway:
    return Gateway(bus)
