import asyncio
import logging

import pytest

from entrypoints.demo.supervision import RunningTasks


async def test_closing_cancels_what_still_runs() -> None:
    tasks = RunningTasks()
    task = tasks.start(asyncio.sleep(60), name="sleeper")
    await tasks.close()
    assert task.cancelled()


async def test_a_failure_is_logged_with_the_name_of_its_task(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    tasks = RunningTasks()
    with caplog.at_level(logging.ERROR):
        await asyncio.wait({tasks.start(fail(), name="divider")})
        await asyncio.sleep(0)
    assert "'divider' failed" in caplog.text
