"""A connection on which nothing takes forever: heads, bodies, and what a client is slow to fetch."""

from uvicorn.config import Config

from entrypoints.http.server.edge import NEVER, Edge
from entrypoints.http.server.refusals import Refusal
from entrypoints.http.server.refusing import RefusingProtocol

# Where in a request the parser is. The NEW ones last until the end of the read in which they began.
BETWEEN, HEAD_NEW, HEAD, BODY_NEW, BODY = range(5)

_UNREAD_BYTES = 1_048_576
"""What may still come in of a body whose request is answered, before the connection is given up."""
_FRAMING_BYTES = 16_384
_FRAMING_FACTOR = 10
"""Chunk sizes, their extensions and trailers may take that much beside the content of a body."""


class TimedProtocol(RefusingProtocol):
    __slots__ = (
        "_body_raw_bytes",
        "body_bytes",
        "head_at_most",
        "head_size",
        "message_ended",
        "phase",
        "unread_bytes",
    )

    def __init__(self, config: Config, server_state: Edge, app_state: dict[str, object]) -> None:
        super().__init__(config, server_state, app_state)
        self.phase = BETWEEN
        self.head_size = 0
        self.head_at_most = 0
        """An upper bound of the head's size at the time when it is complete."""
        self.message_ended = False
        """In this read, so that not all of it belongs to the head that follows."""
        self.body_bytes = 0
        self.unread_bytes = 0
        self._body_raw_bytes = 0

    def await_rest(self, size: int) -> None:
        """After a read of `size` bytes that left a request unfinished."""
        now, limits = self.edge.now, self.edge.limits
        if self.phase <= HEAD:
            if self.phase == HEAD_NEW:
                self.phase = HEAD
                self.deadline = now + limits.head_secs
            self.head_size = 0 if self.message_ended else self.head_size + size
            if self.head_size > limits.head_bytes:
                self.reject(large_head())
        elif self.phase == BODY_NEW:
            self.phase = BODY
            self.deadline = now + limits.body_secs
            self.body_bytes = self._body_raw_bytes = 0
        else:
            self._body_raw_bytes += size
            self.deadline = min(now + limits.body_secs, self.deadline + size / limits.body_bytes_per_sec)
            self._bound_body()

    def _bound_body(self) -> None:
        if self._body_raw_bytes > _FRAMING_BYTES + _FRAMING_FACTOR * self.body_bytes:
            self.reject(Refusal(400, "The framing of the request body is larger than its content."))
        elif self.unread_bytes > _UNREAD_BYTES:
            self.phase = BETWEEN
            self.hang_up()

    def reject(self, refusal: Refusal) -> None:
        in_body = self.phase >= BODY_NEW
        self.phase = BETWEEN
        self.refuse(refusal, in_body=in_body)

    def on_deadline(self) -> None:
        if self.transport.is_closing() or self.deaf or (self.flow.write_paused and not self.phase):
            self.expect_progress()
        elif not self.phase:
            self.transport.close()
            self.await_sending()
        elif self.flow.read_paused:
            self.deadline = self.edge.now + self.edge.limits.body_secs
        else:
            self.reject(Refusal(408, "The request did not arrive in time."))

    def pause_writing(self) -> None:
        super().pause_writing()
        if not self.phase:
            self.await_sending()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.phase and not self.deaf and not self.transport.is_closing():
            self.deadline = NEVER if self.answering else self.edge.idle_deadline

    def announce_close(self) -> None:
        """The response that has not begun yet will tell the client to come back on another connection."""
        if self.answering and self.latest is not None and not self.latest.response_started:
            self.latest.keep_alive = False

    def close_when_idle(self) -> None:
        if self.deaf or self.phase or self.answering:
            return
        if self.latest is None:
            self.deadline = min(self.deadline, self.edge.idle_deadline)
        else:
            self.transport.close()

    def cut(self) -> None:
        if self.extension.active is not None and not self.extension.active.response_complete:
            self.extension.active.cut()
        else:
            self.transport.close()


def large_head() -> Refusal:
    return Refusal(431, "The headers of the request are too large.")
