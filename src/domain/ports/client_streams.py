from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from domain.clients import ClientId
from domain.events import EventId, Frame, StoredFrame


class StreamListener(Protocol):
    """The serving side of one open stream. Called on the event loop; must return at once and not raise."""

    def on_frame(self, frame: StoredFrame) -> None: ...

    def on_announced(self, request_id: str) -> None:
        """The response that names `request_id` has been written."""
        ...

    def on_gap(self) -> None:
        """Live delivery may have missed something; a replay tells."""
        ...

    def on_replaced(self) -> None:
        """Another connection has taken this client over."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """`complete` is False when the position cannot be honoured: another epoch, or trimmed history.

    `reached` is the position after the replay, also when there was nothing to replay.
    """

    frames: Sequence[StoredFrame]
    reached: EventId
    complete: bool = True


class ClientStreams(Protocol):
    """The durable history of frames, one ordered line for each client. Raises StoreUnavailable."""

    async def position(self) -> EventId:
        """The newest position of the whole history: a stream that starts here misses nothing from now on."""
        ...

    async def recent_position(self) -> EventId:
        """Not later than now and hardly earlier, without a question each time: good for those about whom nothing
        can have been published before, because nobody knows them yet.
        """
        ...

    async def publish(self, client_id: ClientId, frames: Sequence[Frame]) -> None:
        """Returns once all frames are recorded, in order. A frame whose key was published before is not repeated."""
        ...

    async def replay(self, client_id: ClientId, after: EventId) -> Replay: ...

    def attach(self, client_id: ClientId, listener: StreamListener) -> AbstractAsyncContextManager[None]:
        """Live frames from entering to leaving. Replaces the connection that the client had, on any replica;
        leaving never detaches a newer one. Works, without live frames, while the message system is away:
        `on_gap` follows when it is back.
        """
        ...

    def follow(self, client_id: ClientId, listener: StreamListener) -> AbstractAsyncContextManager[None]:
        """Live frames beside whatever connection the client has: replaces nobody, is replaced by nobody, and does
        not make the client connected. Announcements may not reach it. Otherwise like `attach`.
        """
        ...

    async def announce(self, client_id: ClientId, request_id: str) -> None:
        """Tells the serving process, whichever it is, that held frames of the request may go. Never raises."""
        ...

    async def is_connected(self, client_id: ClientId) -> bool:
        """Whether some replica serves the client right now; False when that cannot be told in a moment."""
        ...
