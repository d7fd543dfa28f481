"""Several serving processes behind one address, and the one that looks after them."""

import asyncio
import contextlib
import logging
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence

from entrypoints.http.server import signals
from entrypoints.http.server.listening import CannotListen, SharedAddress
from entrypoints.http.server.worker_process import WorkerProcess

log = logging.getLogger(__name__)

_START_PATIENCE = 60.0
_END_MARGIN = 10.0
"""Seconds beyond the drain for what the application does at its end."""
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_HEALTHY_AFTER = 60.0


class WorkersFailed(Exception):
    """A worker did not start, and it is the first time that it should have."""


def same_command() -> list[str]:
    """What this process was started with."""
    return [sys.executable, *sys.orig_argv[1:]]


class Supervisor:
    """Runs `command` as so many workers, starts them again when they end, and ends with them.

    `addresses`: host and port by the name under which the workers find the sockets in their WorkerSeat.
    `drain_secs`: how long workers take to end at most; 10 s later they are killed.
    """

    def __init__(
        self,
        *,
        workers: int,
        addresses: Mapping[str, tuple[str, int]],
        drain_secs: float,
        command: Sequence[str] | None = None,
    ) -> None:
        self._command = command or same_command()
        self._count = workers
        self._addresses = addresses
        self._drain_secs = drain_secs
        self._shared: dict[str, SharedAddress] = {}
        self._running: dict[int, WorkerProcess] = {}
        self._metrics_dir: str | None = None
        self._ending = asyncio.Event()
        self._killed = False

    def run(self) -> int:
        """Until SIGTERM or SIGINT; the exit code of the process."""
        return asyncio.run(self.supervise())

    async def supervise(self) -> int:
        """The same on the running loop."""
        with contextlib.ExitStack() as stack:
            try:
                for name, (host, port) in self._addresses.items():
                    self._shared[name] = SharedAddress(host, port)
                    stack.callback(self._shared[name].close)
            except CannotListen as error:
                log.error("%s", error)
                return 1
            self._metrics_dir = _temporary_directory(stack)
            with signals.on_termination(self.terminate):
                return await self._look_after_all()

    async def _look_after_all(self) -> int:
        keepers = [asyncio.create_task(self._keep(index), name=f"worker {index}") for index in range(self._count)]
        done, others = await asyncio.wait(keepers, return_when=asyncio.FIRST_EXCEPTION)
        failures = [error for keeper in done if (error := keeper.exception())]
        for failure in failures:
            log.error("%s", failure, exc_info=None if isinstance(failure, WorkersFailed) else failure)
        if others:
            self.terminate()
            await asyncio.wait(others)
        return 1 if failures or self._killed else 0

    def terminate(self) -> None:
        """Lets the workers drain; called again, they end at once."""
        if not self._ending.is_set():
            log.info("ending %d workers", len(self._running))
            self._ending.set()
            asyncio.get_running_loop().call_later(self._drain_secs + _END_MARGIN, self._kill)
        for worker in self._running.values():
            worker.send(signal.SIGTERM)

    def _kill(self) -> None:
        for worker in self._running.values():
            log.error("worker process %d did not end in time and is killed", worker.pid)
            self._killed = True
            worker.send(signal.SIGKILL)

    async def _keep(self, index: int) -> None:
        pause, was_ready = _FIRST_PAUSE, False
        loop = asyncio.get_running_loop()
        while not self._ending.is_set():
            started = loop.time()
            ready, code = await self._run(index)
            was_ready = was_ready or ready
            if self._ending.is_set():
                return
            if not was_ready:
                raise WorkersFailed(f"Worker {index} did not start (exit code {code}).")
            pause = _FIRST_PAUSE if loop.time() - started > _HEALTHY_AFTER else min(_LONGEST_PAUSE, pause * 2)
            log.error("worker %d ended with exit code %d; it starts again in %g s", index, code, pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause)

    async def _run(self, index: int) -> tuple[bool, int]:
        """Was it ever ready, and how it ended."""
        sockets = {name: address.sockets() for name, address in self._shared.items()}
        worker = await WorkerProcess.start(self._command, index=index, sockets=sockets, metrics_dir=self._metrics_dir)
        self._running[index] = worker
        try:
            if self._ending.is_set():
                worker.send(signal.SIGTERM)
            ready = await self._await_start(index, worker)
            return ready, await worker.ended()
        finally:
            del self._running[index]

    async def _await_start(self, index: int, worker: WorkerProcess) -> bool:
        try:
            ready = await worker.ready(timeout=_START_PATIENCE)
        except TimeoutError:
            log.error("worker %d has not started within %g s and is killed", index, _START_PATIENCE)
            worker.send(signal.SIGKILL)
            return False
        if ready:
            log.info("worker %d is ready (process %d)", index, worker.pid)
        return ready


def _temporary_directory(stack: contextlib.ExitStack) -> str | None:
    try:
        return stack.enter_context(tempfile.TemporaryDirectory(prefix="noetl-gateway-"))
    except OSError as error:
        log.warning("no directory for temporary files, so each worker tells its own metrics only: %s", error)
        return None
