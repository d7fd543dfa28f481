"""A deployment and one gateway for each module: what is under test is the wire, not the start."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace

import httpx
import pytest
from tests.integration.gateway.conftest import Deployment, deployed

from entrypoints.demo.noetl.faults import Faults
from entrypoints.demo.noetl.server import SimulatedNoetl


@pytest.fixture(scope="module")
async def deployment(nats_url: str) -> AsyncIterator[Deployment]:
    """As the original was deployed: callbacks carry no token. Nothing slows the suite's own requests down."""
    async with deployed(nats_url) as plain:
        more = {"GATEWAY_RATE_LIMIT_AUTH": "0", "GATEWAY_INTERNAL_TOKEN": "", "GATEWAY_DRAIN_SECS": "0.2"}
        yield replace(plain, variables={**plain.variables, **more})


@pytest.fixture(scope="module")
async def origin(deployment: Deployment) -> AsyncIterator[str]:
    """Where the module's gateway is."""
    async with deployment.gateway() as client:
        yield str(client.base_url).rstrip("/")


@pytest.fixture
async def gateway(origin: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the module's gateway that nobody has logged in."""
    async with client_of(origin) as client:
        yield client


@asynccontextmanager
async def client_of(origin: str, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=origin, timeout=20, headers=headers) as client:
        yield client


@pytest.fixture
async def alice(deployment: Deployment, gateway: httpx.AsyncClient) -> str:
    """The token of an administrator, whom `gateway` now speaks for."""
    return await deployment.log_in(gateway)


@pytest.fixture
def noetl(deployment: Deployment) -> Iterator[SimulatedNoetl]:
    """Without faults and without memory of earlier requests."""
    server = deployment.behind.noetl
    server.requests.clear()
    yield server
    for fault in fields(Faults):
        setattr(server.faults, fault.name, fault.default)
