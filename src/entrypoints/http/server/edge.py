"""What all connections of a listener share: limits, a coarse clock, and whether the process is about to end."""

from collections.abc import Callable
from email.utils import formatdate
from typing import Protocol

from uvicorn.server import ServerState

from entrypoints.http.server.hosts import AllowedHosts
from entrypoints.http.server.limits import RequestLimits

NEVER = float("inf")
_LAST_CALL = 1.0
"""Seconds in which a connection may still bring a request once the listener is closed."""


class HttpConnection(Protocol):
    deadline: float

    def on_deadline(self) -> None: ...

    def announce_close(self) -> None: ...

    def close_when_idle(self) -> None: ...


def _unobserved(_status: int) -> None:
    return None


class Edge(ServerState):
    """`refused` is told the status of each request that no application saw."""

    def __init__(self, limits: RequestLimits, refused: Callable[[int], None] = _unobserved) -> None:
        super().__init__()
        self.limits = limits
        self.hosts = AllowedHosts(limits.allowed_hosts)
        self.refused = refused
        self.http_connections: set[HttpConnection] = set()
        self.now = 0.0
        self.keep_alive = True
        self.keep_alive_secs = limits.keep_alive_secs
        self._dated = 0

    @property
    def idle_deadline(self) -> float:
        return self.now + self.keep_alive_secs

    def tick(self, now: float, epoch: float, *, late: bool) -> None:
        """One sweep for all connections is cheaper than a timer for each. `now`: monotonic, both in seconds.

        `late`: the loop was held up, so that clients may have sent what has not been read yet. None is given up then.
        """
        self.now = now
        if int(epoch) != self._dated:
            self._dated = int(epoch)
            self.default_headers = [(b"date", formatdate(epoch, usegmt=True).encode())]
        if late:
            return
        for connection in [known for known in self.http_connections if known.deadline <= now]:
            connection.on_deadline()

    def announce_close(self) -> None:
        """From now on each response tells its client to come back on another connection."""
        self.keep_alive = False
        for connection in tuple(self.http_connections):
            connection.announce_close()

    def close_idle(self) -> None:
        self.keep_alive_secs = min(_LAST_CALL, self.keep_alive_secs)
        for connection in tuple(self.http_connections):
            connection.close_when_idle()
