"""One serving process: it starts whole or not at all, and ends in order (design 5)."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import uvloop

from entrypoints.http.server import garbage, signals
from entrypoints.http.server.drain import Drain
from entrypoints.http.server.endpoint import Endpoint, Listener
from entrypoints.http.server.lifespan import Lifespan, StartFailed
from entrypoints.http.server.listening import CannotListen
from entrypoints.http.server.ticker import Ticker
from entrypoints.http.server.worker_seat import WorkerSeat

log = logging.getLogger(__name__)

_POLL = 0.05
_CUT_PATIENCE = 1.0
_SHUTDOWN_PATIENCE = 5.0


def _unobserved(_status: int) -> None:
    return None


class GatewayServer:
    """Serves `public` and, on an address of its own, `internal`. The lifespan is that of the public application.

    `refused` is told the status of each request that no application saw.
    """

    def __init__(
        self,
        public: Endpoint,
        *,
        drain: Drain,
        internal: Endpoint | None = None,
        refused: Callable[[int], None] = _unobserved,
    ) -> None:
        self._drain = drain
        self._lifespan = Lifespan(public.app)
        endpoints = [public] if internal is None else [public, internal]
        self._listeners = [Listener(endpoint, self._lifespan.state, refused) for endpoint in endpoints]
        self._ticker = Ticker([listener.edge for listener in self._listeners])
        self._ending = asyncio.Event()
        self._at_once = asyncio.Event()

    @property
    def url(self) -> str:
        return self._listeners[0].urls[0]

    @property
    def internal_url(self) -> str:
        return self._listeners[-1].urls[0]

    def run(self, seat: WorkerSeat | None = None) -> int:
        """Serves on an event loop of its own until SIGTERM or SIGINT; the exit code of the process.

        `seat`: of a worker, which also ends when its supervisor does.
        """
        return uvloop.run(self.serve(seat))

    async def serve(self, seat: WorkerSeat | None = None) -> int:
        """The same on the running loop."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(signals.on_termination(self.begin_shutdown))
            if seat is not None:
                stack.enter_context(seat.watching(self.begin_shutdown))
            try:
                started = await self._start_unless_told_to_end()
            except (CannotListen, StartFailed) as error:
                log.error("%s", error, exc_info=error.__cause__ if isinstance(error, StartFailed) else None)
                return 1
            if started:
                garbage.settle()
                if seat is not None:
                    seat.announce_ready()
                await self.until_ended()
        return 0

    async def _start_unless_told_to_end(self) -> bool:
        starting = asyncio.create_task(self.start(), name="start")
        told = asyncio.create_task(self._ending.wait(), name="end")
        try:
            await asyncio.wait((starting, told), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
            return starting.done()
        finally:
            for task in (starting, told):
                task.cancel()
            await asyncio.wait((starting, told))

    async def start(self) -> None:
        """Returns when connections are accepted.

        Raises CannotListen, or StartFailed when the application does not start.
        """
        try:
            for listener in self._listeners:
                listener.bind()
            await self._lifespan.startup()
            self._ticker.start()
            for listener in self._listeners:
                await listener.listen()
        except BaseException:
            self._release()
            raise
        for listener in self._listeners:
            log.info("listening on %s", ", ".join(listener.urls))

    def begin_shutdown(self) -> None:
        """Begins to end the process; called again, it ends at once."""
        if self._ending.is_set():
            self._at_once.set()
        self._ending.set()

    async def until_ended(self) -> None:
        """Waits for `begin_shutdown`, and until all that follows from it is done."""
        await self._ending.wait()
        try:
            await self._let_leave()
            await self._cut()
            await self._lifespan.shutdown(timeout=_SHUTDOWN_PATIENCE)
        finally:
            self._release()

    async def _let_leave(self) -> None:
        loop, timing = asyncio.get_running_loop(), self._drain.timing
        deadline = loop.time() + timing.total
        log.info("shutting down, at the latest in %g s", timing.total)
        self._drain.begin()
        for listener in self._listeners:
            listener.edge.announce_close()
        await self._pause(timing.grace)
        for listener in self._listeners:
            listener.stop_listening()
            listener.edge.close_idle()
        while any(listener.busy for listener in self._listeners) and loop.time() < deadline:
            if self._at_once.is_set():
                return
            await self._pause(_POLL)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._at_once.wait(), seconds)

    async def _cut(self) -> None:
        cut = sum(listener.cut() for listener in self._listeners)
        if cut:
            log.warning("cut off %d requests that had not ended in time", cut)
        await asyncio.gather(*(listener.end_tasks(patience=_CUT_PATIENCE) for listener in self._listeners))

    def _release(self) -> None:
        self._ticker.stop()
        for listener in self._listeners:
            listener.stop_listening()
