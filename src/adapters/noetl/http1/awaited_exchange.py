import asyncio
from collections.abc import Callable

from adapters.noetl.http1.connection import Connection
from adapters.noetl.http1.response_head import ResponseHead
from domain.errors import BackEndTrouble

_MOST_BUFFERED = 65536
"""Bytes of body that may lie unread before the upstream is held back."""


class AwaitedExchange:
    """The exchange as coroutines see it: one waits for the head, then iterates over the body.

    An answer that comes in one read costs a single future: its body is here when its head is.
    """

    __slots__ = (
        "_buffered",
        "_chunks",
        "_complete",
        "_connection",
        "_error",
        "_head",
        "_on_decided",
        "_paused",
        "_waiter",
        "retryable",
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._head: ResponseHead | None = None
        self._chunks: list[bytes] = []
        self._buffered = 0
        self._paused = False
        self._complete = False
        self._error: BackEndTrouble | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._on_decided: Callable[[], object] | None = None
        self.retryable = False

    # What the connection tells

    def on_head(self, head: ResponseHead) -> None:
        self._head = head
        self._decided()

    def on_body(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._buffered += len(chunk)
        if self._buffered > _MOST_BUFFERED and not self._paused:
            self._paused = True
            self._connection.pause_reading()
        if self._waiter is not None:
            self._wake()

    def on_complete(self) -> None:
        self._complete = True
        if self._waiter is not None:
            self._wake()

    def on_failure(self, error: BackEndTrouble, *, retryable: bool) -> None:
        self._error = error
        self.retryable = retryable
        self._decided()

    def on_writable(self) -> None:
        self._wake()

    # What the coroutine asks

    @property
    def decided(self) -> bool:
        """Whether sending more of the request is pointless: it was answered, or it failed."""
        return self._head is not None or self._error is not None

    def call_when_decided(self, callback: Callable[[], object] | None) -> None:
        """One callback at most; None takes it back."""
        self._on_decided = callback

    def next_event(self) -> asyncio.Future[None]:
        """Done as soon as anything happens; for one waiter at a time."""
        self._waiter = waiter = asyncio.get_running_loop().create_future()
        return waiter

    def head(self) -> ResponseHead:
        """Raises what the exchange has failed with, also when it failed right after the head."""
        if self._error is not None:
            raise self._error
        assert self._head is not None
        return self._head

    async def writable(self) -> None:
        """Until the upstream takes more, or the exchange is decided."""
        while not self._connection.writable and not self.decided:
            await self.next_event()

    def __aiter__(self) -> "AwaitedExchange":
        return self

    async def __anext__(self) -> bytes:
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self._complete:
                raise StopAsyncIteration
            await self.next_event()
        chunks, self._chunks = self._chunks, []
        self._buffered = 0
        if self._paused and not self._complete:  # a complete answer's connection may already serve somebody else
            self._paused = False
            self._connection.resume_reading()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def leave(self) -> None:
        """Gives up what has not been read yet."""
        if not self._complete and self._error is None:
            self._connection.abandon()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _decided(self) -> None:
        if self._on_decided is not None:
            self._on_decided()
        self._wake()
