from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from adapters.memory.bus import MemoryBus
from adapters.memory.live_delivery import Connection
from domain.clients import ClientId
from domain.events import EventId, Frame
from domain.ports.client_streams import Replay, StreamListener


class MemoryClientStreams:
    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def position(self) -> EventId:
        self._bus.require()
        return self._bus.frames.newest

    async def recent_position(self) -> EventId:
        return await self.position()

    async def publish(self, client_id: ClientId, frames: Sequence[Frame]) -> None:
        self._bus.require()
        for frame in frames:
            stored = self._bus.frames.record(client_id, frame)
            if stored is not None:
                self._bus.live.send(client_id, stored)

    async def replay(self, client_id: ClientId, after: EventId) -> Replay:
        self._bus.require()
        return self._bus.frames.after(client_id, after)

    @asynccontextmanager
    async def attach(self, client_id: ClientId, listener: StreamListener) -> AsyncIterator[None]:
        connection = Connection(listener, self)
        self._bus.live.attach(client_id, connection)
        try:
            yield
        finally:
            self._bus.live.detach(client_id, connection)

    @asynccontextmanager
    async def follow(self, client_id: ClientId, listener: StreamListener) -> AsyncIterator[None]:
        follower = Connection(listener, self)
        self._bus.live.follow(client_id, follower)
        try:
            yield
        finally:
            self._bus.live.unfollow(client_id, follower)

    async def announce(self, client_id: ClientId, request_id: str) -> None:
        if self._reaches(client_id):
            self._bus.live.announce(client_id, request_id)

    async def is_connected(self, client_id: ClientId) -> bool:
        return self._reaches(client_id)

    def _reaches(self, client_id: ClientId) -> bool:
        """During an outage only what this gateway serves itself."""
        connection = self._bus.live.connected(client_id)
        return connection is not None and (connection.replica is self or not self._bus.is_away)
