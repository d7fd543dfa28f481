"""One request in the fast lane: it hears NoETL's answer itself and writes it on, with neither task nor future."""

import asyncio
import logging
import time

from domain.errors import BackEndTrouble, UpstreamMisbehaved
from entrypoints.http.asgi import Message
from entrypoints.http.errors import respond_with_error, status_of
from entrypoints.http.fast_lane.answer_heads import WrittenHead
from entrypoints.http.fast_lane.direct import AnswerHead, DirectConnection
from entrypoints.http.fast_lane.lane import Errand
from entrypoints.http.proxy.headers import to_client
from entrypoints.http.server.cycle import GatewayCycle

log = logging.getLogger(__name__)


class LaneCycle(GatewayCycle):
    """To the server a request like any other; the bytes are written by what writes them in the normal lane.

    `background`: where a task goes that answers for a failure or tries again; nothing else needs one.
    """

    _errand: Errand
    _connection: DirectConnection | None = None
    _task: "asyncio.Task[None] | None" = None
    _started = 0.0
    _status = 0
    _left = -1
    _retried = False
    _observed = False

    def begin(self, errand: Errand, background: "set[asyncio.Task[None]]") -> None:
        self._errand = errand
        self._background = background
        self._started = time.perf_counter()
        self._ask(errand.connection)

    def _ask(self, connection: DirectConnection) -> None:
        self._connection = connection
        connection.start(self, self._errand.head, answers_head=self.scope["method"] == "HEAD", body_follows=False)

    # What the upstream connection tells

    def on_head(self, head: AnswerHead) -> None:
        errand = self._errand
        errand.route.breaker.succeeded()
        self._status = head.status
        self._left = -1 if head.length is None else head.length
        self.response_started = True
        try:
            self._head = self._head_for_client(head)
        except RuntimeError:
            log.exception("an answer of NoETL cannot be passed on")
            self._give_up()
            return
        asyncio.get_running_loop().call_soon(self.flush)

    def _head_for_client(self, head: AnswerHead) -> bytes:
        """Raises RuntimeError for what may not be written."""
        errand, dated = self._errand, self.default_headers
        usual = not self.closes and self.scope["method"] != "HEAD"
        known = errand.heads.get(head, dated, errand.cors, errand.base_url) if usual else None
        if known is not None:
            self.chunked_encoding, self.expected_content_length = known.chunked, known.length
            return known.text
        text = self._written_head(head.status, [*to_client(head.headers, errand.base_url), *errand.cors])
        if usual:
            framing = self.chunked_encoding, self.expected_content_length
            errand.heads.keep(head, WrittenHead(text, *framing, dated, errand.cors, errand.base_url))
        return text

    def on_body(self, chunk: bytes) -> None:
        if self._observed:
            return
        self._left -= len(chunk)
        self._put(chunk, last=self._left == 0)
        if self.response_complete:
            self._end()

    def on_complete(self) -> None:
        if self._observed:
            return
        self._put(b"", last=True)
        self._end()

    def on_failure(self, error: BackEndTrouble, *, retryable: bool) -> None:
        self._connection = None
        if self._observed:
            return
        if self._head:
            self._take_back()
        if self.response_started:
            # The client must not take a torn answer for a whole one.
            log.warning("an answer of NoETL broke off: %s", error.code)
            self._give_up()
            return
        again = retryable and not self._retried
        if not again:
            self._count(error)
        self._retried = True
        self._task = asyncio.get_running_loop().create_task(self._recover(error, again=again))
        self._background.add(self._task)
        self._task.add_done_callback(self._background.discard)

    def on_writable(self) -> None:
        """The head is all that is sent."""

    # What the server tells

    def hold(self) -> None:
        """The client is slower than NoETL."""
        if self._connection is not None:
            self._connection.pause_reading()

    def go_on(self) -> None:
        if self._connection is not None:
            self._connection.resume_reading()

    def left(self) -> None:
        """The client is gone."""
        if self._observed:
            return
        connection, task = self._connection, self._task
        self._end()
        if connection is not None:
            connection.abandon()
        if task is not None:
            task.cancel()

    # How it ends

    def _end(self) -> None:
        if not self._observed:
            self._observed = True
            self._connection = None
            self._errand.observe(self._status, time.perf_counter() - self._started)

    def _give_up(self) -> None:
        connection = self._connection
        self._end()
        if connection is not None:
            connection.abandon()
        self.cut()

    def _take_back(self) -> None:
        """An answer that breaks in the very read in which it began has not been seen by anybody."""
        self._head = b""
        self.response_started = False
        self.chunked_encoding = None
        self.expected_content_length = 0

    def _count(self, error: BackEndTrouble) -> None:
        if isinstance(error, UpstreamMisbehaved):
            self._errand.route.breaker.succeeded()
        else:
            self._errand.route.breaker.failed()

    async def _recover(self, error: BackEndTrouble, *, again: bool) -> None:
        try:
            if again:
                try:
                    connection = await self._errand.route.pool.acquire_fresh()
                except BackEndTrouble as trouble:
                    error = trouble
                else:
                    self._ask(connection)
                    return
            self._status = status_of(error)
            await respond_with_error(self._send, error)
        except asyncio.CancelledError:
            self._give_up()
            raise
        except Exception:
            log.exception("a failure of NoETL could not be told")
            self._give_up()
        self._end()

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *self._errand.cors]
        await self.send(message)  # type: ignore[arg-type]  # ASGI's messages, as our own code writes them
