from collections.abc import AsyncIterator

import httpx
import pytest
from tests.unit.demo.gateway_double import GatewayDouble
from tests.unit.demo.issuer_client import ISSUER_URL, IssuerClient, connect
from tests.unit.demo.noetl_client import NoetlClient
from tests.unit.demo.transports import asgi_transport

from entrypoints.demo.issuer.server import DemoIssuer
from entrypoints.demo.noetl.server import SimulatedNoetl


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def gateway() -> GatewayDouble:
    return GatewayDouble()


@pytest.fixture
async def noetl(gateway: GatewayDouble) -> AsyncIterator[SimulatedNoetl]:
    transport = asgi_transport(gateway)
    async with SimulatedNoetl(callback_transport=transport, callback_url="http://default-gateway") as server:
        yield server


@pytest.fixture
async def client(noetl: SimulatedNoetl) -> AsyncIterator[NoetlClient]:
    async with httpx.AsyncClient(transport=asgi_transport(noetl), base_url="http://noetl") as http:
        yield NoetlClient(http, noetl)


@pytest.fixture(scope="session")
def issuer() -> DemoIssuer:
    return DemoIssuer(url=ISSUER_URL)  # making a key takes a while


@pytest.fixture
async def issuer_client(issuer: DemoIssuer) -> AsyncIterator[IssuerClient]:
    async with connect(issuer) as http:
        yield IssuerClient(http, issuer)
