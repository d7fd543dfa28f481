"""One open stream at work: listens for its client's frames and fetches what live delivery missed."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from domain.client_feed import ClientFeed
from domain.clients import ClientId
from domain.errors import StoreUnavailable
from domain.events import EventId, StoredFrame
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock

log = logging.getLogger(__name__)
_RETRY_REPLAY = 1.0
"""Seconds between attempts to read the history while the store is away."""
_RETRY_LAGGING = 0.05
"""Seconds between attempts to read what was seen live but is not in the history yet."""


class LiveStream:
    """The StreamListener of one client. An idle stream costs no task: the few short ones it needs are owned here.

    `replaced` is called when another connection has taken the client over, or when the stream cannot go on.
    """

    __slots__ = (
        "_alarm",
        "_alarm_at",
        "_catching_up",
        "_certain",
        "_clock",
        "_closed",
        "_replaced",
        "_streams",
        "_tasks",
        "client_id",
        "feed",
    )

    def __init__(
        self,
        *,
        client_id: ClientId,
        feed: ClientFeed,
        streams: ClientStreams,
        clock: Clock,
        replaced: Callable[[], None],
        certain: EventId | None = None,
    ) -> None:
        """`certain`: everything up to there has reached the client, so a start before it that the history cannot
        honour any more is no loss.
        """
        self.client_id = client_id
        self.feed = feed
        self._streams = streams
        self._clock = clock
        self._replaced = replaced
        self._certain = certain
        self._catching_up = False
        self._closed = False
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def on_frame(self, frame: StoredFrame) -> None:
        if not self._closed:
            self.feed.live(frame)
            self.start()

    def on_announced(self, request_id: str) -> None:
        if not self._closed:
            self.feed.announced(request_id)
            self.start()

    def on_gap(self) -> None:
        if not self._closed:
            self.feed.gap()
            self.start()

    def on_replaced(self) -> None:
        self._replaced()

    def start(self) -> None:
        """Sees to whatever the feed needs now; usually nothing."""
        if self.feed.needs_replay and self.feed.has_room and not self._catching_up:
            self._catching_up = True
            self.own(self._catch_up())
        if self.feed.held_until != self._alarm_at:
            self._set_alarm(self.feed.held_until)

    async def _catch_up(self) -> None:
        try:
            while self.feed.needs_replay and self.feed.has_room:
                await self._replay()
        finally:
            self._catching_up = False
        self.start()

    async def _replay(self) -> None:
        after = self.feed.replay_after()
        try:
            replay = await self._streams.replay(self.client_id, after)
            if not replay.complete and self._is_certain_beyond(after):
                replay = await self._streams.replay(self.client_id, self._certain or after)
        except StoreUnavailable:
            await self._clock.sleep(_RETRY_REPLAY)
            return
        self.feed.replayed(replay.frames, replay.reached, complete=replay.complete)
        if self.feed.needs_replay and replay.reached == after:
            # The history that was read lags behind what live delivery has shown.
            await self._clock.sleep(_RETRY_LAGGING)

    def _is_certain_beyond(self, after: EventId) -> bool:
        certain = self._certain
        return certain is not None and certain.epoch == after.epoch and certain.offset > after.offset

    def _set_alarm(self, at: float | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = self.own(self._release(at)) if at is not None else None

    async def _release(self, at: float) -> None:
        await self._clock.sleep(max(0.01, at - self._clock.now()))
        self._alarm = self._alarm_at = None
        self.feed.release_due()
        self.start()

    def own(self, work: Coroutine[object, object, None]) -> "asyncio.Task[None]":
        """Runs `work` until it is done or the stream closes."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a stream failed and is closed; its client resumes by reconnecting", exc_info=error)
            self._replaced()

    async def close(self) -> None:
        self._closed = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
