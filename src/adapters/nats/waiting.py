import asyncio


async def first_of(*events: asyncio.Event, timeout: float | None = None) -> None:
    """Returns when one of the events is set, or after `timeout` seconds."""
    if any(event.is_set() for event in events):
        return
    tasks = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def end(task: "asyncio.Task[None]", patience: float = 0.5) -> None:
    """Cancels until it takes effect: nats-py, and `wait_for` of Python 3.11, swallow a cancellation now and then.

    `patience`: seconds that the task may need to clean up before it is cancelled again.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait((task,), timeout=patience)
