from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.docs.running import Reader

from entrypoints.demo.stack import CALLBACK_TOKEN, DemoPorts, DemoStack, demo_stack


@pytest.fixture(scope="module")
async def demo() -> AsyncIterator[DemoStack]:
    async with demo_stack(DemoPorts()) as stack:
        yield stack


@pytest.fixture
async def reader(demo: DemoStack, tmp_path: Path) -> Reader:
    """Knows the addresses and the internal token of the demo, and has a token and a session."""
    token = demo.issuer.issue("alice@example.com")
    async with httpx.AsyncClient(base_url=demo.gateway_url) as client:
        session = (await client.post("/api/auth/login", json={"auth0_token": token})).json()["session_token"]
    variables = {
        "GATEWAY": demo.gateway_url,
        "NOETL": demo.noetl_url,
        "ISSUER": demo.issuer.url,
        "TOKEN": token,
        "SESSION": session,
        "NOETL_INTERNAL_API_TOKEN": CALLBACK_TOKEN,
    }
    return Reader(directory=tmp_path, variables=variables)
