"""The upstream as the fast lane drives it: by callbacks alone, on connections that are open already."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from domain.errors import BackEndTrouble
from domain.proxying import UpstreamRequest


class AnswerHead(Protocol):
    """`headers` holds no hop-by-hop header. `length`: bytes of body to come, None if nobody knows."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]: ...

    @property
    def length(self) -> int | None: ...


class Listener(Protocol):
    """Hears one answer: `on_head`, `on_body` for each piece, then `on_complete` or `on_failure`; a failure may come
    at any time before. It must not raise.

    `retryable`: the connection had been kept, and broke before a single byte came.
    """

    def on_head(self, head: AnswerHead) -> None: ...

    def on_body(self, chunk: bytes) -> None: ...

    def on_complete(self) -> None: ...

    def on_failure(self, error: BackEndTrouble, *, retryable: bool) -> None: ...

    def on_writable(self) -> None: ...


class DirectConnection(Protocol):
    def start(self, exchange: Listener, head: bytes, *, answers_head: bool, body_follows: bool) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def abandon(self) -> None:
        """Ends the exchange; the connection serves nobody else."""
        ...


class DirectPool(Protocol):
    def take(self) -> DirectConnection | None:
        """A kept connection that is fit for use, without waiting."""
        ...

    async def acquire_fresh(self) -> DirectConnection:
        """Nothing that was kept. Raises BackEndTrouble."""
        ...


class DirectHead(Protocol):
    """Both raise RequestMalformed, and together write the head of a request."""

    def line(self, method: str, target: bytes) -> bytes: ...

    def fields(self, request: UpstreamRequest) -> bytes: ...


class DirectBreaker(Protocol):
    @property
    def closed(self) -> bool:
        """Whether requests pass without counting as a probe."""
        ...

    def succeeded(self) -> None: ...

    def failed(self) -> None: ...


class DirectRoute(Protocol):
    @property
    def breaker(self) -> DirectBreaker: ...

    @property
    def head(self) -> DirectHead: ...

    @property
    def pool(self) -> DirectPool: ...


@runtime_checkable
class DirectUpstream(Protocol):
    def route(self, base_url: str) -> DirectRoute: ...
