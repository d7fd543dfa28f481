from adapters.noetl.http1.breaker import CircuitBreaker
from adapters.noetl.http1.pool import OriginPool
from adapters.noetl.http1.request_head import RequestHead


class Route:
    """What it takes to reach one base URL. `pool` and `breaker` are shared by all routes to the same origin."""

    __slots__ = ("breaker", "head", "pool")

    def __init__(self, head: RequestHead, pool: OriginPool, breaker: CircuitBreaker) -> None:
        self.head = head
        self.pool = pool
        self.breaker = breaker
