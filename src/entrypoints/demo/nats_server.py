"""Runs nats-server with JetStream on the loopback interface, as a supervised subprocess."""

import asyncio
import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from entrypoints.demo.nats_binary import nats_binary
from entrypoints.demo.ports import LOOPBACK, free_port

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - only the parent of private directories made by tempfile


class NatsStartError(Exception):
    """The process ended at once, or it accepted no connection in time; the text holds the end of its log."""


class NatsServer:
    """`async with NatsServer() as nats: connect(nats.url)`.

    Port and store stay the same for the life of the object, so `kill()` or `stop()` followed by `start()` is
    a crash or a restart of one and the same server. A store directory that was not given is a temporary one
    (`in_memory` puts it on shared memory where the machine has that) and is removed by `close()`.
    `config` is appended to the server's configuration file. Times are seconds.
    """

    def __init__(
        self,
        *,
        port: int | None = None,
        store_dir: Path | None = None,
        in_memory: bool = False,
        config: str = "",
        start_timeout: float = 10.0,
        stop_grace: float = 5.0,
    ) -> None:
        self.port = free_port() if port is None else port
        self._store_dir = store_dir
        self._workspace_parent = _SHARED_MEMORY if in_memory and _SHARED_MEMORY.is_dir() else None
        self._workspace: Path | None = None
        self._config = config
        self._start_timeout = start_timeout
        self._stop_grace = stop_grace
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Returns once the server accepts connections; raises `NatsStartError` otherwise."""
        if self.is_running:
            return
        if self._workspace is None:
            self._workspace = Path(tempfile.mkdtemp(prefix="nats-", dir=self._workspace_parent))
        self._process = await self._launch(self._workspace)
        await self._wait_until_ready(self._process)

    async def stop(self) -> None:
        """Ends the server in order (SIGTERM), by force where that takes longer than the grace period."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(self._stop_grace):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """Ends the server as a crash does (SIGKILL)."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def exited(self) -> int:
        """Waits for the end of the process, for whoever has to notice a crash; answers its exit code."""
        return 0 if self._process is None else await self._process.wait()

    async def close(self) -> None:
        await self.stop()
        if self._workspace is not None:
            shutil.rmtree(self._workspace, ignore_errors=True)
            self._workspace = None

    async def _launch(self, workspace: Path) -> asyncio.subprocess.Process:
        store = json.dumps(str(self._store_dir or workspace / "store"))
        config_file = workspace / "nats.conf"
        config_file.write_text(
            f"host: {LOOPBACK}\nport: {self.port}\njetstream {{ store_dir: {store} }}\n{self._config}\n"
        )
        with (workspace / "nats.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                nats_binary(),
                "-c",
                config_file,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal must reach us alone: we decide the order in which things end.
                start_new_session=True,
            )

    async def _wait_until_ready(self, process: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(self._start_timeout):
                while not await _greets(self.port):
                    if process.returncode is not None:
                        raise NatsStartError(f"nats-server ended at once:\n{self._log_tail()}")
                    await asyncio.sleep(0.02)
        except TimeoutError as exc:
            await self.kill()
            raise NatsStartError(f"no answer on port {self.port}:\n{self._log_tail()}") from exc
        if process.returncode is not None:  # then the greeting was somebody else's
            raise NatsStartError(f"port {self.port} is taken:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        log = self._workspace / "nats.log" if self._workspace else None
        return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log and log.exists() else ""


async def _greets(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    try:
        # Whoever else may listen there need not say anything.
        return (await asyncio.wait_for(reader.readline(), 1)).startswith(b"INFO ")
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
