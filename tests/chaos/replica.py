"""A gateway as a process of its own, which can be killed."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx


class Replica:
    def __init__(self, port: int, variables: Mapping[str, str], log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._variables = variables
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._was_ready = False

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        if not self.is_running:
            self._was_ready = False
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "entrypoints",
                    "serve",
                    env={**os.environ, **self._variables},
                    stdout=log,
                    stderr=log,
                )

    async def kill(self) -> None:
        if self._process is not None and self.is_running:
            self._process.kill()
            await self._process.wait()

    async def terminate(self) -> None:
        if self._process is not None and self.is_running:
            self._process.terminate()
            async with asyncio.timeout(15):
                code = await self._process.wait()
            # One that is still loading its modules knows nothing of signals yet.
            assert code == 0 or not self._was_ready, "a terminated gateway must end well"

    async def until_ready(self) -> None:
        async with asyncio.timeout(40), httpx.AsyncClient(base_url=self.url, timeout=2) as client:
            while True:
                try:
                    if (await client.get("/ready")).status_code == 200:
                        self._was_ready = True
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.05)
