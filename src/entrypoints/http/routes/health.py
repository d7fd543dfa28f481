"""Is the process alive, can it work, and how does it do?"""

from collections.abc import Awaitable, Callable, Sequence

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from domain.ports.health import Dependency
from entrypoints.http.routes.replies import json_reply, text_reply

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def health_routes(
    dependencies: Sequence[Dependency], is_draining: Callable[[], bool], exposition: Callable[[], Awaitable[bytes]]
) -> list[HTTPRouteHandler]:
    """`exposition` gives the metrics of all worker processes as Prometheus text."""

    @get("/health", sync_to_thread=False)
    def health() -> Response[bytes]:
        """Alive; says nothing about what is behind (wire 1)."""
        return text_reply("ok")

    @get("/ready", sync_to_thread=False)
    def ready() -> Response[bytes]:
        """503 while draining or while something that the gateway needs is missing, naming it (D56)."""
        troubles = {known.name: trouble for known in dependencies if (trouble := known.trouble())}
        if is_draining():
            troubles["process"] = "draining"
        checks = {known.name: troubles.get(known.name, "ok") for known in dependencies}
        if not troubles:
            return json_reply({"status": "ready", "checks": checks})
        return json_reply({"status": "not ready", "checks": checks | troubles}, 503)

    @get("/metrics")
    async def metrics() -> Response[bytes]:
        return Response(content=await exposition(), headers={"content-type": METRICS_TYPE})

    return [health, ready, metrics]
