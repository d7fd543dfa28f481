import asyncio
from collections.abc import Awaitable


async def first_done(*work: Awaitable[object]) -> None:
    """Until the first is done; the others are cancelled and waited for. Raises what the first raises."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
