"""How far a client has certainly come, so that a bare reconnect does not begin at the beginning."""

import logging
from typing import Protocol

from domain.errors import StoreUnavailable
from domain.events import EventId
from domain.live_stream import LiveStream
from domain.use_cases.stream_events import OpenedStream, StreamEvents

log = logging.getLogger(__name__)
_BEATS_PER_RENEWAL = 20
"""Every so many heartbeats the newest position of all is noted as well: else the history behind a client to which
nothing happens is trimmed, and it would be told to look again for nothing. It also counts as use of the client."""


class Connection(Protocol):
    @property
    def all_received(self) -> bool:
        """Whether the other end has acknowledged everything that was written."""
        ...


class Receipts:
    """`beat` is called at each heartbeat. A position counts once everything written before it has been acknowledged
    by the other end of the connection, and one more heartbeat has passed.
    """

    def __init__(
        self, opened: OpenedStream, live: LiveStream, writer: Connection, stream_events: StreamEvents
    ) -> None:
        self._opened = opened
        self._live = live
        self._writer = writer
        self._stream_events = stream_events
        self._noted: EventId | None = None
        self._confirmed = opened.client.position
        self._beats = 0

    def beat(self) -> None:
        self._beats += 1
        noted, self._noted = self._noted, None
        if not self._writer.all_received or self._live.feed.needs_replay or self._live.feed.held_until is not None:
            return
        if noted is not None and noted != self._confirmed:
            self._live.own(self._confirm(noted))
        self._noted = self._live.feed.position
        if self._beats % _BEATS_PER_RENEWAL == 0:
            self._live.own(self._note_the_newest())

    async def _confirm(self, position: EventId) -> None:
        try:
            await self._stream_events.confirm(self._opened, position)
        except StoreUnavailable:
            log.debug("the position of a client was not recorded; the next heartbeat tries again")
        else:
            self._confirmed = position

    async def _note_the_newest(self) -> None:
        """What the client has got by the next heartbeat includes all that is in the history now."""
        try:
            self._noted = await self._stream_events.newest()
        except StoreUnavailable:
            log.debug("the newest position is not known now; a later heartbeat tries again")
