import secrets
from collections import deque
from collections.abc import Sequence

from domain.clients import ClientId
from domain.events import EventId, Frame, StoredFrame
from domain.expiring_memory import ExpiringMemory
from domain.frame_text import frame_text
from domain.ports.client_streams import Replay
from domain.ports.clock import Clock

_KEYS_KEPT = 100_000


class FrameHistory:
    """All frames in one order, the newest `per_client` of each client."""

    def __init__(self, clock: Clock, *, per_client: int, duplicate_window: float) -> None:
        self._clock = clock
        self._per_client = per_client
        self._duplicate_window = duplicate_window
        self._keys = self._no_keys()
        self._frames: dict[ClientId, deque[StoredFrame]] = {}
        self._trimmed: dict[ClientId, int] = {}
        self.newest = _beginning()

    def record(self, client_id: ClientId, frame: Frame) -> StoredFrame | None:
        """The frame as it was recorded, None if its key says that it was recorded before."""
        if frame.key is not None:
            key = (client_id, frame.request_id, frame.key)
            if self._keys.get(key):
                return None
            self._keys.put(key, True)
        frames = self._frames.setdefault(client_id, deque())
        stored = self._stored(frame, frames[-1].id.offset if frames else self._trimmed.get(client_id, 0))
        frames.append(stored)
        if len(frames) > self._per_client:
            self.trim(client_id, keep=self._per_client)
        return stored

    def _stored(self, frame: Frame, previous: int) -> StoredFrame:
        self.newest = EventId(self.newest.epoch, self.newest.offset + 1)
        event, data = frame_text(frame.body)
        return StoredFrame(
            id=self.newest,
            event=event,
            data=data,
            request_id=frame.request_id,
            execution_id=frame.body.execution_id or "",
            stage=frame.stage,
            hold_until=frame.hold_until,
            previous=previous,
        )

    def after(self, client_id: ClientId, position: EventId) -> Replay:
        known = position.epoch == self.newest.epoch and position.offset <= self.newest.offset
        if not known or position.offset < self._trimmed.get(client_id, 0):
            return Replay(frames=(), reached=self.newest, complete=False)
        frames: Sequence[StoredFrame] = self._frames.get(client_id, ())
        return Replay(frames=[each for each in frames if each.id.offset > position.offset], reached=self.newest)

    def trim(self, client_id: ClientId, *, keep: int = 0) -> None:
        """Forgets all but the newest `keep` frames of a client."""
        frames = self._frames.get(client_id, deque())
        while len(frames) > keep:
            self._trimmed[client_id] = frames.popleft().id.offset

    def lose(self) -> None:
        """Everything is gone, as after the loss of a disk: another history begins."""
        self._keys = self._no_keys()
        self._frames.clear()
        self._trimmed.clear()
        self.newest = _beginning()

    def _no_keys(self) -> ExpiringMemory[tuple[ClientId, str, str], bool]:
        return ExpiringMemory(self._clock, seconds=self._duplicate_window, capacity=_KEYS_KEPT)


def _beginning() -> EventId:
    return EventId(secrets.token_hex(8), 0)
