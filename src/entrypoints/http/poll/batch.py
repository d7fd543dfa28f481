"""The frames of one answer."""

import asyncio

import msgspec

from domain.clients import ClientId, Cursor
from domain.events import EventId, StoredFrame
from domain.use_cases.stream_events import OpenedStream
from entrypoints.http.events.sse import pending_requests

_encode = msgspec.json.Encoder().encode


class Batch:
    """The FrameSink of one answer: takes a frame of any size, then as many as fit into `limit` bytes. What does not
    fit, or comes after a gap, is left for the next answer, which goes on behind the last frame taken.
    """

    def __init__(self, limit: int) -> None:
        self.arrived = asyncio.Event()
        self.was_reset = False
        self._frames: list[StoredFrame] = []
        self._reached: EventId | None = None
        self._limit = limit
        self._bytes = 0
        self._full = False

    def write(self, frame: StoredFrame) -> None:
        self._full = self._full or (bool(self._frames) and self._bytes + len(frame.data) > self._limit)
        if self._full:
            return
        self._frames.append(frame)
        self._bytes += len(frame.data)
        self._reached = frame.id
        self.arrived.set()

    def reset(self, position: EventId) -> None:
        if self._frames or self.was_reset:
            self._full = True
            return
        self.was_reset = True
        self._reached = position
        self.arrived.set()

    def answer(self, opened: OpenedStream, position: EventId) -> bytes:
        """`position`: where the client stands if nothing was taken. A reset comes before the frames."""
        client_id = opened.client.client_id
        content: dict[str, object] = {
            "clientId": str(client_id),
            "position": str(Cursor(self._reached or position, client_id)),
            "frames": [_described(frame, client_id) for frame in self._frames],
            "reset": self.was_reset,
        }
        if opened.pending:
            content["pendingRequests"] = pending_requests(opened.pending)
        return _encode(content)


def _described(frame: StoredFrame, client_id: ClientId) -> dict[str, object]:
    """`data`: the JSON-RPC message as it was stored, byte for byte."""
    return {"id": str(Cursor(frame.id, client_id)), "event": frame.event, "data": msgspec.Raw(frame.data)}
