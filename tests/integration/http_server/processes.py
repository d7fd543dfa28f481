"""Starts served processes and reads what they say."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_SCRIPT = Path(__file__).with_name("served_process.py")
_ROOT = Path(__file__).parents[3]
_PATIENCE = 20.0


class Running:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.port = 0
        self._said = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._said:
                self.lines.append(line.decode().rstrip())
                self._said.notify_all()

    async def says(self, pattern: str, times: int = 1) -> list[str]:
        """The first group of the first lines that match, once there are so many."""
        expression = re.compile(pattern)

        def found() -> list[str]:
            return [match[1] for line in self.lines if (match := expression.search(line))]

        async with asyncio.timeout(_PATIENCE), self._said:
            await self._said.wait_for(lambda: len(found()) >= times)
        return found()

    async def exit_code(self) -> int:
        """Once it has ended, it and all that held its stderr."""
        async with asyncio.timeout(_PATIENCE):
            await self._reading
            return await self.process.wait()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@asynccontextmanager
async def spawned(**options: str) -> AsyncIterator[Running]:
    """A started process, which may not serve yet. What is left of it is killed."""
    paths = os.pathsep.join((str(_ROOT / "src"), str(_ROOT)))
    environment = {**os.environ, "PYTHONPATH": paths, **options}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_SCRIPT), env=environment, stderr=PIPE, start_new_session=True
    )
    running = Running(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            running.terminate()
            running.terminate()
        try:
            await running.exit_code()
        except TimeoutError:
            process.kill()
            raise


@asynccontextmanager
async def served(**options: str) -> AsyncIterator[Running]:
    """A process, or a supervisor with its workers, that serves."""
    async with spawned(**options) as running:
        workers = int(options.get("WORKERS", "1"))
        running.port = int((await running.says(r"listening on http://127\.0\.0\.1:(\d+)", workers))[0])
        if "WORKERS" in options:
            await running.says(r"(worker) \d+ is ready", workers)
        yield running
