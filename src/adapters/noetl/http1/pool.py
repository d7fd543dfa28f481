import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from adapters.noetl.http1.connection import Connection, ConnectionOwner
from domain.errors import UpstreamTimedOut, UpstreamUnreachable

Open = Callable[[ConnectionOwner], Awaitable[Connection]]


class OriginPool:
    """The connections to one origin: at most `limit` open or opening, the latest used is the first reused, and
    whoever finds them all in use waits in line, `queue_timeout` seconds at most."""

    def __init__(self, open_connection: Open, *, limit: int, queue_timeout: float) -> None:
        self._open_connection = open_connection
        self._limit = limit
        self._queue_timeout = queue_timeout
        self._members: set[Connection] = set()
        self._idle: list[Connection] = []
        self._slots_taken = 0
        self._line: deque[asyncio.Future[Connection | None]] = deque()
        self._closed = False

    def take(self) -> Connection | None:
        """A kept connection, without waiting; None if there is none that is fit."""
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable:
                return connection
            connection.close()
        return None

    async def acquire(self) -> Connection:
        """A kept connection, a new one, or the next that comes free.

        Raises:
            UpstreamTimedOut: all in use for too long, or not connected in time.
            UpstreamUnreachable: no connection can be made.
        """
        return self.take() or await self._acquire_slot()

    async def acquire_fresh(self) -> Connection:
        """Like `acquire`, but nothing that was kept: a new connection, or one that has this moment done its work."""
        if self._slots_taken >= self._limit and self._idle:
            self._idle[0].close()
        return await self._acquire_slot()

    def on_idle(self, connection: Connection) -> None:
        if self._closed:
            connection.close()
        elif not self._hand_on(connection):
            self._idle.append(connection)

    def on_closed(self, connection: Connection) -> None:
        if connection in self._members:
            self._members.remove(connection)
            if connection in self._idle:
                self._idle.remove(connection)
            self._free_slot()

    def close(self) -> None:
        """Nothing is handed out any more. Open connections are their owner's (`ConnectionWatch.close_all`)."""
        self._closed = True
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                waiter.set_exception(UpstreamUnreachable())

    async def _acquire_slot(self) -> Connection:
        while True:
            if self._closed:
                raise UpstreamUnreachable
            if self._slots_taken < self._limit:
                self._slots_taken += 1
                return await self._fill_slot()
            connection = await self._stand_in_line()
            if connection is None:
                return await self._fill_slot()
            if connection.reusable:
                return connection
            connection.close()

    async def _fill_slot(self) -> Connection:
        try:
            connection = await self._open_connection(self)
            if connection.closed:
                raise UpstreamUnreachable
        except BaseException:
            self._free_slot()
            raise
        self._members.add(connection)
        if self._closed:
            connection.close()
            raise UpstreamUnreachable
        return connection

    async def _stand_in_line(self) -> Connection | None:
        """A connection that came free, or None for a slot that did, which is then the caller's to fill."""
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._line.append(waiter)
        try:
            async with asyncio.timeout(self._queue_timeout):
                return await waiter
        except TimeoutError as error:
            self._leave_line(waiter)
            raise UpstreamTimedOut from error
        except asyncio.CancelledError:
            self._leave_line(waiter)
            raise

    def _leave_line(self, waiter: asyncio.Future[Connection | None]) -> None:
        """Passes on what was handed over in the very moment in which the waiter gave up."""
        if waiter in self._line:
            self._line.remove(waiter)
        if not waiter.done() or waiter.cancelled() or waiter.exception() is not None:
            return
        connection = waiter.result()
        if connection is None:
            self._free_slot()
        elif not connection.closed:
            self.on_idle(connection)

    def _free_slot(self) -> None:
        if not self._hand_on(None):
            self._slots_taken -= 1

    def _hand_on(self, what: Connection | None) -> bool:
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                waiter.set_result(what)
                return True
        return False
