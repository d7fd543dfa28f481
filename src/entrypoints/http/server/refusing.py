"""A connection that can say no: in its turn, so that the client gets to read it, and then nothing any more."""

import logging
from collections import deque
from typing import Final

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from entrypoints.http.server.cycle import GatewayCycle
from entrypoints.http.server.edge import NEVER, Edge
from entrypoints.http.server.refusals import Refusal, refusal_response
from entrypoints.http.server.transport_extension import TransportExtension

log = logging.getLogger(__name__)

_LINGER_SECS = 2.0
_LINGER_BYTES = 16_777_216
_UNUSED_PIPELINE: Final[deque[tuple[RequestResponseCycle, ASGI3Application]]] = deque(maxlen=0)
"""An empty deque takes 0.6 KB, and uvicorn makes one for each connection."""


class RefusingProtocol(HttpToolsProtocol):
    """Closing with bytes unread makes the kernel reset the connection, and the answer is lost with it. So the
    sending side is closed first, and what still comes in is thrown away for a while (RFC 9112 9.6).

    uvicorn's `cycle` and `pipeline` stay unused: it forgets the running request when others wait behind it.
    """

    # Slots all the way down: beyond 30 attributes a dictionary is no longer shared, and weighs 2 KB.
    __slots__ = (
        "_discarded",
        "_last_words",
        "_stalled_since",
        "_unsent",
        "deadline",
        "deaf",
        "edge",
        "extension",
        "latest",
        "waiting",
    )

    def __init__(self, config: Config, server_state: Edge, app_state: dict[str, object]) -> None:
        super().__init__(config, server_state, app_state)
        self.pipeline = _UNUSED_PIPELINE
        self.edge = server_state
        self.extension = TransportExtension()
        self.latest: GatewayCycle | None = None
        """The request that arrived last; `extension.active` is the one being answered."""
        self.waiting: list[GatewayCycle] = []
        self.deadline = NEVER
        self.deaf = False
        self._last_words: bytes | None = None
        self._discarded = 0
        self._unsent = 0
        self._stalled_since = 0.0

    @property
    def answering(self) -> bool:
        return self.latest is not None and not self.latest.response_complete

    def refuse(self, refusal: Refusal, *, in_body: bool) -> None:
        """`in_body`: the head of the request was in order, so that an application has it or is about to."""
        log.debug("refused a request: %d %s", refusal.status, refusal.sentence)
        self.edge.refused(refusal.status)
        self.deaf = True
        self.deadline = NEVER
        words = refusal_response(refusal, self.edge.default_headers)
        if in_body and self.latest is not None:
            self._refuse_body(self.latest, words)
        elif self.answering:
            self._last_words = words
        else:
            self._say_last(words)

    def _refuse_body(self, cycle: GatewayCycle, words: bytes) -> None:
        if self.waiting:
            self.waiting.pop()
            self._last_words = words
        elif cycle.response_complete:
            self.hang_up()
        elif cycle.response_started:
            self.transport.abort()
        else:
            self.tell_gone(cycle)
            self._say_last(words)

    def tell_gone(self, cycle: GatewayCycle) -> None:
        cycle.disconnected = True
        cycle.message_event.set()
        cycle.wind_up()
        self.extension.client_left()

    def say_pending_last_words(self) -> bool:
        """The refusal whose turn has come, if there is one."""
        if self._last_words is None:
            return False
        self._say_last(self._last_words)
        return True

    def _say_last(self, words: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(words)
        self.hang_up()

    def hang_up(self) -> None:
        """Ends the connection after what has been written."""
        self.deaf = True
        self.await_sending()
        self.waiting.clear()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def await_sending(self) -> None:
        """Begins to watch whether the client takes what waits for it."""
        self._unsent = self.transport.get_write_buffer_size()
        self._stalled_since = self.edge.now
        self.deadline = self.edge.now + min(_LINGER_SECS, self.edge.limits.send_secs)

    def expect_progress(self) -> None:
        """Gives a client up that has taken nothing for too long, or all of it without closing its side."""
        now, unsent = self.edge.now, self.transport.get_write_buffer_size()
        if unsent < self._unsent:
            self._unsent = unsent
            self._stalled_since = now
        elif not unsent or now - self._stalled_since >= self.edge.limits.send_secs:
            self.transport.abort()
        self.deadline = now + min(_LINGER_SECS, self.edge.limits.send_secs)

    def discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > _LINGER_BYTES:
            self.transport.abort()
