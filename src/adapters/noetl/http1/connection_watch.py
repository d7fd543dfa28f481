import asyncio

from adapters.noetl.http1.connection import Connection


class ConnectionWatch:
    """Every open connection, looked at by one timer: a deadline costs no timer per request or read.

    A connection outstays its limit by `interval` seconds at most. The timer runs only while something is open.
    """

    def __init__(self, *, interval: float) -> None:
        self._interval = interval
        self._connections: set[Connection] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Future[None] | None = None

    def add(self, connection: Connection) -> None:
        self._connections.add(connection)
        if self._timer is None:
            self._schedule(asyncio.get_running_loop())

    def discard(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if self._connections:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)

    async def close_all(self, *, patience: float = 1.0) -> None:
        """Closes every connection, in use or not, and waits until the sockets are gone."""
        for connection in tuple(self._connections):
            connection.close()
        if self._connections:
            self._emptied = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._emptied,), timeout=patience)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(self._interval, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._schedule(loop)
        now = loop.time()
        for connection in tuple(self._connections):
            connection.check(now)
