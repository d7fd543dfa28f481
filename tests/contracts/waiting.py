import asyncio
from collections.abc import Awaitable, Callable

_PATIENCE = 10.0
_PAUSE = 0.01


async def eventually(holds: Callable[[], Awaitable[object]]) -> None:
    """Waits until `holds()` is true; promises are kept soon, not at once."""
    async with asyncio.timeout(_PATIENCE):
        while not await holds():
            await asyncio.sleep(_PAUSE)


async def happened(call: Callable[[], object]) -> None:
    """`eventually` for what is told by a callback."""

    async def holds() -> object:
        return call()

    await eventually(holds)
