import pytest
from tests.unit.ingress.edge import Edge


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def edge() -> Edge:
    return Edge.create()
