"""The order of things for one open stream: replayed and live frames, each once, none early, none after the end."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from domain.events import EventId, Stage, StoredFrame
from domain.holding import WHILE_UNANNOUNCED

_ANNOUNCED_KEPT = 256
_ENDED_KEPT = 256
_HELD_FRAMES = 256


class FrameSink(Protocol):
    """The wire. Called on the event loop; must return at once and not raise."""

    def write(self, frame: StoredFrame) -> None: ...

    def reset(self, position: EventId) -> None:
        """History is missing: the client must look again at what it waits for. `position`: where it goes on."""
        ...


class ClientFeed:
    """Decides for each frame whether it is written, held back, dropped, or shows that a replay is needed.

    Pure bookkeeping: no clock, no task. `needs_replay` is True from the start and again after a hole; the owner
    asks `replay_after`, replays from there and calls `replayed`. Live frames that come meanwhile are not queued,
    they are in the history. A held frame holds back all later ones, so that ids only ever grow.
    """

    __slots__ = (
        "_announced",
        "_ended",
        "_grace",
        "_held",
        "_missed",
        "_now",
        "_seen",
        "_sink",
        "needs_replay",
        "position",
    )

    def __init__(self, position: EventId, sink: FrameSink, now: Callable[[], float], grace: float = 0.0) -> None:
        """`grace`: seconds between the announcement of a request and its frames."""
        self.position = position
        self.needs_replay = True
        self._sink = sink
        self._now = now
        self._grace = grace
        self._seen = 0
        self._missed = False
        # Nothing nearly always: thousands of streams then have nothing of their own to keep, or to look at.
        self._held: list[StoredFrame] | None = None
        self._announced: dict[str, float] | None = None
        self._ended: dict[str, Stage] | None = None

    @property
    def held_until(self) -> float | None:
        """Epoch seconds at which `release_due` should be called at the latest; None while nothing is held."""
        return self._due(self._held[0]) if self._held else None

    @property
    def has_room(self) -> bool:
        return self._held is None or len(self._held) < _HELD_FRAMES

    def live(self, frame: StoredFrame) -> None:
        if frame.id.epoch != self.position.epoch:
            self.gap()
        elif self.needs_replay or (frame.previous is not None and frame.previous > self._newest):
            self._fetch_later(frame)
        elif frame.id.offset > self._newest:
            self._accept(frame)

    def gap(self) -> None:
        self._missed = True
        self.needs_replay = True

    def replay_after(self) -> EventId:
        """Where the replay that starts now has to begin. A gap that shows while it runs asks for one more."""
        self._missed = False
        return EventId(self.position.epoch, self._newest)

    def replayed(self, frames: Sequence[StoredFrame], reached: EventId, *, complete: bool) -> None:
        """The outcome of the replay; another one is needed if live frames overtook it."""
        self.needs_replay = self._missed
        if not complete or reached.epoch != self.position.epoch:
            self._start_anew(reached)
        else:
            for frame in frames:
                if frame.id.offset > self._newest:
                    self._accept(frame)
            if not self._held:
                self._advance(reached.offset)
        if self._seen > max(reached.offset, self._newest):
            self.needs_replay = True

    def _start_anew(self, position: EventId) -> None:
        if position.epoch != self.position.epoch:
            self._seen = 0
        self._held = None
        self.position = position
        self._sink.reset(position)

    @property
    def _newest(self) -> int:
        return self._held[-1].id.offset if self._held else self.position.offset

    def announced(self, request_id: str) -> None:
        """The response that names the request is out: its frames may go when the grace is over."""
        if self._announced is None:
            self._announced = {}
        self._announced[request_id] = self._now() + self._grace
        while len(self._announced) > _ANNOUNCED_KEPT:
            del self._announced[next(iter(self._announced))]
        self.release_due()

    def release_due(self) -> None:
        while self._held and not self._is_early(self._held[0]):
            self._write(self._held.pop(0))

    def _accept(self, frame: StoredFrame) -> None:
        if not self.has_room:
            self._fetch_later(frame)  # what is not held here is fetched again once the held ones are gone
        elif self._held or self._is_early(frame):
            self._held = [*(self._held or ()), self._bounded(frame)]
        else:
            self._write(frame)

    def _bounded(self, frame: StoredFrame) -> StoredFrame:
        """Another host's clock that runs ahead must not hold a frame for longer than any frame is held."""
        latest = self._now() + WHILE_UNANNOUNCED
        return replace(frame, hold_until=latest) if frame.hold_until > latest else frame

    def _fetch_later(self, frame: StoredFrame) -> None:
        self._seen = max(self._seen, frame.id.offset)
        self.needs_replay = True

    def _is_early(self, frame: StoredFrame) -> bool:
        return frame.hold_until > 0 and self._due(frame) > self._now()

    def _due(self, frame: StoredFrame) -> float:
        """Epoch seconds from which the frame may go."""
        if self._announced is None:
            return frame.hold_until
        return min(frame.hold_until, self._announced.get(frame.request_id, frame.hold_until))

    def _write(self, frame: StoredFrame) -> None:
        if frame.id.offset > self.position.offset:
            self.position = frame.id
        if self._moves_backwards(frame):
            return
        if frame.stage in (Stage.RESULT, Stage.TERMINAL) and frame.execution_id:
            self._end(frame)
        self._sink.write(frame)

    def _advance(self, offset: int) -> None:
        if offset > self.position.offset:
            self.position = EventId(self.position.epoch, offset)

    def _moves_backwards(self, frame: StoredFrame) -> bool:
        """After the end nothing; after the worker's own answer only its second half and the real end (D26)."""
        ended = self._ended.get(frame.execution_id) if self._ended is not None else None
        if ended is None or frame.stage is Stage.NONE:
            return False
        if frame.stage is Stage.RESULT:
            return ended is Stage.TERMINAL and frame.event == "playbook/state"
        return frame.stage is Stage.RUNNING or ended is Stage.TERMINAL

    def _end(self, frame: StoredFrame) -> None:
        if self._ended is None:
            self._ended = {}
        if self._ended.get(frame.execution_id) is not Stage.TERMINAL:
            self._ended[frame.execution_id] = frame.stage
        while len(self._ended) > _ENDED_KEPT:
            del self._ended[next(iter(self._ended))]
