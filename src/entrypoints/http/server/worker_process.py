"""One worker, as its supervisor sees it."""

import asyncio
import contextlib
import os
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence

from entrypoints.http.server import listening
from entrypoints.http.server.worker_seat import READY, Passed


class WorkerProcess:
    """Made by `start`."""

    def __init__(self, process: Process, control: socket.socket) -> None:
        self._process = process
        self._control = control

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        index: int,
        sockets: Mapping[str, list[socket.socket]],
        metrics_dir: str | None,
    ) -> "WorkerProcess":
        """`sockets` go over to the worker. Raises OSError when the command cannot be run."""
        control, others_control = socket.socketpair()
        control.setblocking(False)
        numbers = {name: [sock.fileno() for sock in members] for name, members in sockets.items()}
        passed = Passed(index, others_control.fileno(), numbers, metrics_dir)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env={**os.environ, **passed.environment()},
                pass_fds=[passed.control, *(number for members in numbers.values() for number in members)],
                # A terminal sends Ctrl-C to the whole group, and the supervisor would pass on a second one.
                start_new_session=True,
            )
        except BaseException:
            control.close()
            raise
        finally:
            listening.close([others_control, *(sock for members in sockets.values() for sock in members)])
        return cls(process, control)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ready(self, *, timeout: float) -> bool:
        """False when it ends instead; TimeoutError when it does neither within `timeout` seconds."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                return await loop.sock_recv(self._control, 1) == READY
        except ConnectionError:
            return False

    async def ended(self) -> int:
        """Its exit code, negative for a signal."""
        try:
            return await self._process.wait()
        finally:
            self._control.close()

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
