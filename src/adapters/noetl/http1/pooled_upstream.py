import ssl
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from adapters.noetl.http1.breaker import CircuitBreaker
from adapters.noetl.http1.connection import Connection, ConnectionOwner
from adapters.noetl.http1.connection_watch import ConnectionWatch
from adapters.noetl.http1.connector import Connector
from adapters.noetl.http1.limits import ConnectionLimits, ParserLimits
from adapters.noetl.http1.origin import Origin, parse_base_url
from adapters.noetl.http1.pool import OriginPool
from adapters.noetl.http1.request_head import RequestHead
from adapters.noetl.http1.route import Route
from adapters.noetl.http1.sending import Sending
from domain.errors import BackEndTrouble
from domain.proxying import UpstreamRequest, UpstreamResponse


class PooledUpstream:
    """The `Upstream` port over kept HTTP/1.1 connections. Opens nothing before it is used; belongs to one event loop.

    Timeouts in seconds. `connect_timeout` covers TCP and TLS, `queue_timeout` the wait for a connection when all
    are in use, `silence_timeout` each wait for the upstream to speak or to take bytes, `idle_timeout` how long an
    unused connection is kept. After `breaker_threshold` failures in a row (no connection, no answer) an origin is
    left alone for `breaker_cool_down`. Without `ssl_context`, https is checked against the system's authorities.
    """

    def __init__(
        self,
        *,
        max_connections_per_origin: int = 256,
        connect_timeout: float = 5.0,
        queue_timeout: float = 5.0,
        silence_timeout: float = 120.0,
        idle_timeout: float = 30.0,
        max_head_bytes: int = 65536,
        max_headers: int = 200,
        breaker_threshold: int = 5,
        breaker_cool_down: float = 5.0,
        breaker_clock: Callable[[], float] = time.monotonic,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._limit = max_connections_per_origin
        self._queue_timeout = queue_timeout
        self._breaker_threshold = breaker_threshold
        self._breaker_cool_down = breaker_cool_down
        self._breaker_clock = breaker_clock
        self._watch = ConnectionWatch(interval=min(1.0, silence_timeout / 4, idle_timeout / 4))
        limits = ConnectionLimits(
            silence_timeout=silence_timeout,
            idle_timeout=idle_timeout,
            parser=ParserLimits(max_head_bytes=max_head_bytes, max_headers=max_headers),
        )
        self._connector = Connector(self._watch, limits, timeout=connect_timeout, ssl_context=ssl_context)
        self._origins: dict[Origin, tuple[OriginPool, CircuitBreaker]] = {}
        self._routes: dict[str, Route] = {}
        self._closed = False

    def send(self, request: UpstreamRequest) -> AbstractAsyncContextManager[UpstreamResponse]:
        """As the port says; besides:

        Raises:
            RequestMalformed: on entering; a part of the request cannot be written, or its body has not the
                announced length.
            ValueError: at once; the base URL is none.
        """
        return Sending(self.route(request.base_url), request)

    def route(self, base_url: str) -> Route:
        """For callers that drive connections by callbacks (see `Exchange`). Kept for each base URL ever asked for,
        which is why base URLs come from the configuration alone."""
        route = self._routes.get(base_url)
        if route is None:
            route = self._routes[base_url] = self._new_route(base_url)
        return route

    async def __aenter__(self) -> "PooledUpstream":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes all connections; what is under way fails like a broken connection."""
        self._closed = True
        for pool, _ in self._origins.values():
            pool.close()
        await self._watch.close_all()

    def _new_route(self, base_url: str) -> Route:
        origin, prefix = parse_base_url(base_url)
        if origin not in self._origins:
            self._origins[origin] = self._new_origin(origin)
        return Route(RequestHead(origin, prefix), *self._origins[origin])

    def _new_origin(self, origin: Origin) -> tuple[OriginPool, CircuitBreaker]:
        breaker = CircuitBreaker(
            str(origin),
            threshold=self._breaker_threshold,
            cool_down=self._breaker_cool_down,
            clock=self._breaker_clock,
        )

        async def open_connection(owner: ConnectionOwner) -> Connection:
            try:
                return await self._connector.open(origin, owner)
            except BackEndTrouble:
                breaker.failed()
                raise

        pool = OriginPool(open_connection, limit=self._limit, queue_timeout=self._queue_timeout)
        if self._closed:
            pool.close()
        return pool, breaker
