from collections.abc import AsyncIterator

import pytest

from entrypoints.demo.stack import DemoPorts, DemoStack, demo_stack


@pytest.fixture(scope="module")
async def demo() -> AsyncIterator[DemoStack]:
    async with demo_stack(DemoPorts()) as stack:
        yield stack
