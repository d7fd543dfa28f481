import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from domain.clients import ClientId
from domain.events import StoredFrame
from domain.ports.client_streams import StreamListener


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """`replica`: whatever identifies the gateway that serves it."""

    listener: StreamListener
    replica: object


class LiveDelivery:
    """Hands things over to open streams, on the event loop, in the order in which they were sent.

    `lose_next`: so many of the next frames are recorded but do not arrive, as on a bad network.
    """

    def __init__(self) -> None:
        self._connections: dict[ClientId, Connection] = {}
        self._followers: dict[ClientId, dict[Connection, None]] = {}
        self.lose_next = 0

    def connected(self, client_id: ClientId) -> Connection | None:
        return self._connections.get(client_id)

    def attach(self, client_id: ClientId, connection: Connection) -> None:
        replaced = self._connections.get(client_id)
        self._connections[client_id] = connection
        if replaced is not None:
            _soon(replaced.listener.on_replaced)

    def detach(self, client_id: ClientId, connection: Connection) -> None:
        if self._connections.get(client_id) is connection:
            del self._connections[client_id]

    def follow(self, client_id: ClientId, follower: Connection) -> None:
        self._followers.setdefault(client_id, {})[follower] = None

    def unfollow(self, client_id: ClientId, follower: Connection) -> None:
        followers = self._followers.get(client_id, {})
        followers.pop(follower, None)
        if not followers:
            self._followers.pop(client_id, None)

    def send(self, client_id: ClientId, frame: StoredFrame) -> None:
        if self.lose_next:
            self.lose_next -= 1
        else:
            self._tell(client_id, lambda listener: listener.on_frame(frame))

    def announce(self, client_id: ClientId, request_id: str) -> None:
        self._tell(client_id, lambda listener: listener.on_announced(request_id))

    def gap(self) -> None:
        for client_id in self._connections.keys() | self._followers.keys():
            self._tell(client_id, lambda listener: listener.on_gap())

    def _tell(self, client_id: ClientId, what: Callable[[StreamListener], None]) -> None:
        _soon(lambda: self._tell_now(client_id, what))

    def _tell_now(self, client_id: ClientId, what: Callable[[StreamListener], None]) -> None:
        """Whoever serves the client by now is told."""
        connection = self._connections.get(client_id)
        if connection is not None:
            what(connection.listener)
        for follower in tuple(self._followers.get(client_id, ())):
            what(follower.listener)


def _soon(call: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(call)
