"""One open stream at work: listens for its client's frames and fetches what live delivery missed."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from domain.client_feed import ClientFeed
from domain.clients import ClientId
from domain.errors import StoreUnavailable
from domain.events import StoredFrame
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock

log = logging.getLogger(__name__)
_RETRY_REPLAY = 1.0
"""Seconds between attempts to read the history while the store is away."""


class LiveStream:
    """The StreamListener of one client. An idle stream costs no task: the few short ones it needs are owned here.

    `replaced` is called when another connection has taken the client over, or when the stream cannot go on.
    """

    __slots__ = ("_catching_up", "_clock", "_releasing", "_replaced", "_streams", "_tasks", "client_id", "feed")

    def __init__(
        self,
        *,
        client_id: ClientId,
        feed: ClientFeed,
        streams: ClientStreams,
        clock: Clock,
        replaced: Callable[[], None],
    ) -> None:
        self.client_id = client_id
        self.feed = feed
        self._streams = streams
        self._clock = clock
        self._replaced = replaced
        self._catching_up = False
        self._releasing = False
        self._tasks: set[asyncio.Task[None]] = set()

    def on_frame(self, frame: StoredFrame) -> None:
        self.feed.live(frame)
        self.start()

    def on_announced(self, request_id: str) -> None:
        self.feed.announced(request_id)
        self.start()

    def on_gap(self) -> None:
        self.feed.gap()
        self.start()

    def on_replaced(self) -> None:
        self._replaced()

    def start(self) -> None:
        """Sees to whatever the feed needs now; usually nothing."""
        if self.feed.needs_replay and not self._catching_up:
            self._catching_up = True
            self.own(self._catch_up())
        if self.feed.held_until is not None and not self._releasing:
            self._releasing = True
            self.own(self._release_in_time())

    async def _catch_up(self) -> None:
        try:
            while self.feed.needs_replay:
                await (self._replay() if self.feed.has_room else self._release_in_time())
        finally:
            self._catching_up = False
        self.start()

    async def _replay(self) -> None:
        try:
            replay = await self._streams.replay(self.client_id, self.feed.resume_after)
        except StoreUnavailable:
            await self._clock.sleep(_RETRY_REPLAY)
        else:
            self.feed.replayed(replay.frames, replay.reached, complete=replay.complete)

    async def _release_in_time(self) -> None:
        try:
            while (until := self.feed.held_until) is not None:
                await self._clock.sleep(max(0.01, until - self._clock.now()))
                self.feed.release_due()
        finally:
            self._releasing = False

    def own(self, work: Coroutine[object, object, None]) -> None:
        """Runs `work` until it is done or the stream closes."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a stream failed and is closed; its client resumes by reconnecting", exc_info=error)
            self._replaced()

    async def close(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
