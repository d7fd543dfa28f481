from collections.abc import AsyncIterator

import pytest
from tests.unit.poll.asking import Poller
from tests.unit.running_gateway import RunningGateway, running_gateway
from tests.unit.swift_clock import SwiftClock

from adapters.memory.bus import MemoryBus
from domain.identity import Session


@pytest.fixture
async def gateway() -> AsyncIterator[RunningGateway]:
    async with running_gateway(MemoryBus(SwiftClock())) as running:
        yield running


@pytest.fixture
async def session(gateway: RunningGateway) -> Session:
    return await gateway.log_in()


@pytest.fixture
async def alice(gateway: RunningGateway, session: Session) -> AsyncIterator[Poller]:
    async with gateway.http(session) as client:
        yield Poller(client)
