"""What a worker process gets from its supervisor, and what it gives back."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path

import msgspec

log = logging.getLogger(__name__)

_VARIABLE = "_NOETL_GATEWAY_WORKER"
READY = b"R"


class Passed(msgspec.Struct, frozen=True):
    """As it is written into the environment of a worker. Numbers of inherited file descriptors."""

    index: int
    control: int
    sockets: Mapping[str, Sequence[int]]
    metrics_dir: str | None

    def environment(self) -> dict[str, str]:
        return {_VARIABLE: msgspec.json.encode(self).decode("ascii")}


class WorkerSeat:
    """The end of a supervisor's control connection breaks when the supervisor does, however it ended."""

    def __init__(self, passed: Passed) -> None:
        self.index = passed.index
        self.metrics_dir = Path(passed.metrics_dir) if passed.metrics_dir is not None else None
        self._control = socket.socket(fileno=passed.control)
        self._control.setblocking(False)
        self._passed = passed

    @classmethod
    def take(cls, environ: MutableMapping[str, str] | None = None) -> "WorkerSeat | None":
        """The seat of this process, None if it is no worker. It is taken once: children do not inherit it."""
        text = (os.environ if environ is None else environ).pop(_VARIABLE, None)
        return cls(msgspec.json.decode(text, type=Passed)) if text is not None else None

    def sockets(self, name: str) -> list[socket.socket]:
        """The bound sockets of an address, to be called once for each; none for an unknown one."""
        return [socket.socket(fileno=number) for number in self._passed.sockets.get(name, ())]

    def announce_ready(self) -> None:
        with contextlib.suppress(OSError):  # A supervisor that is gone is noticed by `watching`.
            self._control.send(READY)

    @contextlib.contextmanager
    def watching(self, gone: Callable[[], None]) -> Iterator[None]:
        """Calls `gone` when the supervisor is no more: without it nobody would ever end this process."""
        loop = asyncio.get_running_loop()

        def ended() -> None:
            loop.remove_reader(self._control)
            log.error("the supervisor is gone, so worker %d ends", self.index)
            gone()

        loop.add_reader(self._control, ended)
        try:
            yield
        finally:
            loop.remove_reader(self._control)
            self._control.close()
