"""A gateway server with a small application, as a process: `python served_process.py`, options by environment.

PORT, DRAIN_SECS, WORKERS (0 for none); BROKEN makes the application fail to start.
"""

import asyncio
import logging
import os
import sys

from entrypoints.http.asgi import Receive, Scope, Send, respond
from entrypoints.http.server.drain import Drain, DrainTiming
from entrypoints.http.server.endpoint import Endpoint
from entrypoints.http.server.serving import GatewayServer
from entrypoints.http.server.worker_metrics import WorkerMetrics
from entrypoints.http.server.worker_seat import WorkerSeat
from entrypoints.http.server.workers import Supervisor

log = logging.getLogger(__name__)


class SmallApp:
    def __init__(self, drain: Drain, seat: WorkerSeat | None) -> None:
        self._drain = drain
        self._served = 0
        directory, index = (seat.metrics_dir, seat.index) if seat else (None, 0)
        self._metrics = WorkerMetrics(directory, index, lambda: b"served_total %d\n" % self._served)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        self._served += 1
        name = scope["path"].strip("/") or "pid"
        await getattr(self, f"_{name}")(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        if "BROKEN" in os.environ:
            raise RuntimeError("no database")
        async with self._metrics:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        log.info("application ended")
        await send({"type": "lifespan.shutdown.complete"})

    async def _pid(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, str(os.getpid()).encode())

    async def _ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 503 if self._drain.is_draining else 200)

    async def _slow(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.5)
        await respond(send, 200, b"slow")

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        writer = scope["extensions"]["noetl.transport"].writer(receive)
        writer.write(b"begin")
        forget = self._drain.on_begin(writer.finish)
        await writer.gone()
        forget()

    async def _stubborn(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(3600)

    async def _crash(self, scope: Scope, receive: Receive, send: Send) -> None:
        os._exit(3)

    async def _metrics_text(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, await self._metrics.collect())


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(process)d %(message)s")
    workers, port = int(os.environ.get("WORKERS", "0")), int(os.environ.get("PORT", "0"))
    drain_secs = float(os.environ.get("DRAIN_SECS", "5"))
    seat = WorkerSeat.take()
    if workers and seat is None:
        return Supervisor(workers=workers, addresses={"public": ("127.0.0.1", port)}, drain_secs=drain_secs).run()
    drain = Drain(DrainTiming.within(drain_secs))
    sockets = seat.sockets("public") if seat else ()
    app = SmallApp(drain, seat)
    return GatewayServer(Endpoint(app=app, port=port, sockets=sockets), drain=drain).run(seat)


if __name__ == "__main__":
    sys.exit(main())
