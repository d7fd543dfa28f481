"""One open stream on the wire: frames, pings, and the reasons for which it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.clients import Client
from domain.events import EventId, StoredFrame
from domain.identity import Session
from entrypoints.http.events import sse
from entrypoints.http.events.writer import StreamWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTiming:
    """All in seconds. `rotate_after`: age at which a stream is ended for the client to come back; 0 for never."""

    heartbeat: float = 30.0
    keep_alive: float = 15.0
    rotate_after: float = 0.0


class EventConnection:
    """The FrameSink of one stream. Writing costs neither queue nor task; past `buffer_bytes` unsent the stream
    ends and the client resumes where it was (D44).
    """

    __slots__ = (
        "_buffer_bytes",
        "_client",
        "_ends",
        "_last_write",
        "_monotonic",
        "_named",
        "_timing",
        "_writer",
        "closed_for",
        "next_ping",
        "on_heartbeat",
        "session",
    )

    def __init__(
        self,
        *,
        client: Client,
        session: Session,
        writer: StreamWriter,
        timing: StreamTiming,
        buffer_bytes: int,
        monotonic: Callable[[], float],
        ends: float | None,
    ) -> None:
        """`ends`: when the session or the stream's age ends it, in monotonic seconds."""
        self.session = session
        self.closed_for: str | None = None
        self.on_heartbeat: Callable[[], None] | None = None
        self._monotonic = monotonic
        self._last_write = monotonic()
        self.next_ping = self._last_write + timing.heartbeat
        self._client = client
        self._named = sse.named(client.client_id)
        self._writer = writer
        self._timing = timing
        self._buffer_bytes = buffer_bytes
        self._ends = ends

    def write(self, frame: StoredFrame) -> None:
        self._put(sse.frame(frame, self._named))

    def reset(self, position: EventId) -> None:
        self._put(sse.reset(position, self._client))

    def put(self, chunk: bytes) -> None:
        self._put(chunk)

    def _put(self, chunk: bytes) -> None:
        if self.closed_for is not None:
            return
        if self._writer.pending_bytes > self._buffer_bytes:
            # Before the frame and not after it: one of any size goes through, and the rest is in the history.
            self.close("slow")
            return
        self._writer.write(chunk)
        self._last_write = self._monotonic()

    def close(self, reason: str, last_words: bytes = b"") -> None:
        """`reason`: a fixed word for log and metrics."""
        if self.closed_for is None:
            if last_words:
                self._writer.write(last_words)
            self.closed_for = reason
            self._writer.finish()

    def on_time(self, now: float) -> float | None:
        """Pings, keep-alive comments, and the end when its time has come."""
        if self.closed_for is not None:
            return None
        if self._ends is not None and now >= self._ends:
            self.close("ended")
            return None
        if now >= self.next_ping:
            missed = (now - self.next_ping) // self._timing.heartbeat
            self.next_ping += (missed + 1) * self._timing.heartbeat
            if self.on_heartbeat is not None:
                self.on_heartbeat()
            self._put(sse.PING)
        elif now - self._last_write >= self._timing.keep_alive:
            self._put(sse.KEEP_ALIVE)
        return min(self.next_ping, self._last_write + self._timing.keep_alive, self._ends or float("inf"))
