import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The event loop that serves in production: it closes and buffers otherwise than asyncio's own."""
    return "asyncio", {"use_uvloop": True}
