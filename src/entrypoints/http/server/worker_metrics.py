"""Any worker answers for all: each tells its own metrics on a socket in the directory that all of them know."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from entrypoints.http.server.metrics_text import MetricsMalformed, merge

log = logging.getLogger(__name__)

_PATIENCE = 1.0


class WorkerMetrics:
    """An async context manager; while it is entered, the other workers of `directory` can ask this one.

    `own` gives the metrics of this process as Prometheus text. A directory of None: there are no others.
    """

    def __init__(self, directory: Path | None, index: int, own: Callable[[], bytes]) -> None:
        self._directory = directory
        self._path = directory / f"{index}.sock" if directory is not None else None
        self._own = own
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        if self._path is not None:
            self._path.unlink(missing_ok=True)  # of a worker that did not get to it
            self._server = await asyncio.start_unix_server(self._tell, self._path)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None and self._path is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def collect(self) -> bytes:
        """The metrics of all workers as one text; those that do not answer within a second are left out."""
        texts = await asyncio.gather(*(self._ask(path) for path in self._others()))
        answered = [text for text in texts if text]
        try:
            return merge([self._own(), *answered])
        except MetricsMalformed:
            log.exception("another worker told metrics that cannot be read")
            return self._own()

    def _others(self) -> list[Path]:
        if self._directory is None:
            return []
        return sorted(path for path in self._directory.glob("*.sock") if path != self._path)

    async def _ask(self, path: Path) -> bytes:
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await asyncio.open_unix_connection(path)
                with contextlib.closing(writer):
                    return await reader.read()
        except (OSError, TimeoutError) as error:
            log.warning("worker %s does not tell its metrics: %s", path.stem, str(error) or "no answer in time")
            return b""

    async def _tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        try:
            writer.write(self._own())
            async with asyncio.timeout(_PATIENCE):
                await writer.drain()
        except (OSError, TimeoutError) as error:
            log.warning("another worker did not take the metrics it asked for: %s", str(error) or "too slow")
        finally:
            writer.close()
