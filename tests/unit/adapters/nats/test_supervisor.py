import asyncio

from adapters.nats.supervisor import Supervisor


async def eventually(holds: object) -> None:
    async with asyncio.timeout(5):
        while not holds():  # type: ignore[operator]
            await asyncio.sleep(0.005)


async def test_work_that_fails_is_started_again_and_shows() -> None:
    starts = 0

    async def work() -> None:
        nonlocal starts
        starts += 1
        if starts < 3:
            raise RuntimeError("secret detail")
        await asyncio.Event().wait()

    supervisor = Supervisor()
    running = supervisor.start("the feed", work)
    await eventually(lambda: starts == 3)

    trouble = supervisor.trouble()
    assert trouble is not None and "the feed" in trouble and "secret" not in trouble
    await running.stop()
    assert supervisor.trouble() is None


async def test_work_that_ends_is_started_again_too() -> None:
    starts = 0

    async def work() -> None:
        nonlocal starts
        starts += 1

    supervisor = Supervisor()
    supervisor.start("the feed", work)
    await eventually(lambda: starts >= 2)

    assert supervisor.trouble() is not None
    await supervisor.stop_all()


async def test_stopping_cancels_the_work() -> None:
    cancelled = False

    async def work() -> None:
        nonlocal cancelled
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled = True
            raise

    supervisor = Supervisor()
    supervisor.start("the feed", work)
    await asyncio.sleep(0)
    await supervisor.stop_all()

    assert cancelled
