from collections.abc import AsyncIterator

import pytest

from adapters.noetl.http1.pooled_upstream import PooledUpstream


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})], ids=["asyncio", "uvloop"]
)
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both event loops: their transports differ in more than speed."""
    backend: tuple[str, dict[str, bool]] = request.param
    return backend


@pytest.fixture
async def upstream() -> AsyncIterator[PooledUpstream]:
    async with PooledUpstream(connect_timeout=60, silence_timeout=60, queue_timeout=60) as upstream:
        yield upstream
