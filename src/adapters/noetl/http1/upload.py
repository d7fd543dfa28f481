import asyncio
import logging
from collections.abc import AsyncIterator

from adapters.noetl.http1.awaited_exchange import AwaitedExchange
from adapters.noetl.http1.connection import Connection
from domain.errors import RequestMalformed

logger = logging.getLogger(__name__)


class Upload:
    """One request body on its way, as fast as the upstream takes it, until it ends or the exchange is decided.

    Runs within the caller's task. The wait for a next chunk is broken off by cancelling that task and taking the
    cancellation back, as `asyncio.timeout` does it, because an early answer must not wait for a slow client.
    """

    def __init__(
        self,
        connection: Connection,
        exchange: AwaitedExchange,
        body: AsyncIterator[bytes],
        content_length: int | None,
    ) -> None:
        self._connection = connection
        self._exchange = exchange
        self._body = body
        self._remaining = content_length
        self._chunked = content_length is None

    async def run(self) -> None:
        """Raises:
        RequestMalformed: the body is longer or shorter than its content length.
        """
        while not self._exchange.decided:
            chunk = await self._next_chunk()
            if chunk is None:
                return
            if chunk:
                self._send(chunk)
                if not self._connection.writable:
                    await self._exchange.writable()

    async def _next_chunk(self) -> bytes | None:
        """None at the end of the body (which is then complete) and once the exchange is decided."""
        task = asyncio.current_task()
        assert task is not None
        interruption = _Interruption(task)
        self._exchange.call_when_decided(interruption)
        try:
            chunk = await anext(self._body, None)
        except (asyncio.CancelledError, Exception) as error:
            if not interruption.happened or interruption.take_back():
                raise
            logger.debug("the answer came before the request was sent: %s", type(error).__name__)
            return None
        finally:
            self._exchange.call_when_decided(None)
        if interruption.happened:
            interruption.take_back()
            return None
        if chunk is None:
            self._finish()
        return chunk

    def _send(self, chunk: bytes) -> None:
        if self._remaining is not None:
            if len(chunk) > self._remaining:
                raise RequestMalformed("The request body is longer than its Content-Length.")
            self._remaining -= len(chunk)
            self._connection.send((chunk,))
        else:
            self._connection.send((b"%x\r\n" % len(chunk), chunk, b"\r\n"))

    def _finish(self) -> None:
        if self._remaining:
            raise RequestMalformed("The request body is shorter than its Content-Length.")
        if self._chunked:
            self._connection.send((b"0\r\n\r\n",))
        self._connection.finish_request()


class _Interruption:
    """A cancellation of `task` that is ours and can be taken back."""

    __slots__ = ("_others", "_task", "happened")

    def __init__(self, task: asyncio.Task[object]) -> None:
        self._task = task
        self._others = task.cancelling()
        self.happened = False

    def __call__(self) -> None:
        if not self.happened:
            self.happened = True
            self._task.cancel()

    def take_back(self) -> bool:
        """Whether somebody else has cancelled the task, too."""
        return self._task.uncancel() > self._others
