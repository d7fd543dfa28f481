import asyncio
from types import TracebackType

from adapters.noetl.http1.awaited_exchange import AwaitedExchange
from adapters.noetl.http1.connection import Connection
from adapters.noetl.http1.route import Route
from adapters.noetl.http1.upload import Upload
from domain.errors import UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable
from domain.proxying import UpstreamRequest, UpstreamResponse

_IDEMPOTENT = frozenset(("GET", "HEAD", "PUT", "DELETE", "OPTIONS"))


class Sending:
    """One request as a context manager; to be entered once."""

    __slots__ = ("_body", "_exchange", "_request", "_route")

    def __init__(self, route: Route, request: UpstreamRequest) -> None:
        self._route = route
        self._request = request
        self._body = None if request.content_length == 0 else request.body
        self._exchange: AwaitedExchange | None = None

    async def __aenter__(self) -> UpstreamResponse:
        route = self._route
        head = route.head.render(self._request)
        route.breaker.admit()
        exchange = await self._exchange_with(route.pool.take() or await route.pool.acquire(), head)
        if exchange.retryable and self._repeatable:
            exchange = await self._exchange_with(await route.pool.acquire_fresh(), head)
        try:
            answer = exchange.head()
        except UpstreamMisbehaved:
            route.breaker.succeeded()
            raise
        except (UpstreamUnreachable, UpstreamTimedOut):
            route.breaker.failed()
            raise
        route.breaker.succeeded()
        return UpstreamResponse(status=answer.status, headers=answer.headers, body=exchange)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._exchange is not None:
            self._exchange.leave()

    async def _exchange_with(self, connection: Connection, head: bytes) -> AwaitedExchange:
        """Returns when the exchange is decided. Does not wait between taking the connection and using it."""
        body, request = self._body, self._request
        exchange = self._exchange = AwaitedExchange(connection)
        connection.start(exchange, head, answers_head=request.method == "HEAD", body_follows=body is not None)
        try:
            if body is not None:
                asyncio.get_running_loop().call_soon(connection.send_head)
                await Upload(connection, exchange, body, request.content_length).run()
            while not exchange.decided:
                await exchange.next_event()
        except BaseException:
            exchange.leave()
            raise
        return exchange

    @property
    def _repeatable(self) -> bool:
        """What may be done twice, and whose body is not used up."""
        return self._body is None and self._request.method in _IDEMPOTENT
