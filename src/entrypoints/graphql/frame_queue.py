"""Frames on their way to one subscription."""

import asyncio
from collections import deque

from graphql import GraphQLError

from domain.events import EventId, StoredFrame

CANNOT_GO_ON = "subscription_interrupted"
TAKEN_OVER = "client_taken_over"
SLOW = "slow_subscriber"


class FrameQueue:
    """A FrameSink to be read. Takes frames while at most `limit` bytes wait; past that it ends, resumable, once what
    was taken has been read.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[StoredFrame | EventId] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._error: GraphQLError | None = None

    def write(self, frame: StoredFrame) -> None:
        if self._bytes > self._limit:
            self.end(SLOW, "The frames are not read fast enough. Subscribe again with the last eventId.")
        self._put(frame, len(frame.data))

    def reset(self, position: EventId) -> None:
        self._put(position, 0)

    def _put(self, what: StoredFrame | EventId, size: int) -> None:
        if self._error is None:
            self._waiting.append(what)
            self._bytes += size
            self._wake.set()

    def end(self, code: str, sentence: str) -> None:
        """Nothing more is taken; the reader is told why behind what waits."""
        if self._error is None:
            self._error = GraphQLError(sentence, extensions={"code": code})
            self._wake.set()

    def replaced(self) -> None:
        self.end(TAKEN_OVER, "Another connection has taken this client over.")

    def failed(self) -> None:
        self.end(CANNOT_GO_ON, "The subscription was interrupted. Subscribe again with the last eventId.")

    async def next(self) -> StoredFrame | EventId:
        """A frame, or a position before which frames are missing. Raises GraphQLError at the end."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            await self._wake.wait()
            self._wake.clear()
        what = self._waiting.popleft()
        self._bytes -= len(what.data) if isinstance(what, StoredFrame) else 0
        return what
