import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from domain.callbacks import PendingRequest
from domain.client_feed import ClientFeed, FrameSink
from domain.clients import ClientId, Cursor
from domain.errors import RequestUnknown
from domain.events import EventId, Stage, StoredFrame
from domain.identity import Session
from domain.live_stream import LiveStream
from domain.playbooks import checked_execution_id
from domain.ports.client_registry import ClientRegistry
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock
from domain.ports.pending_requests import PendingRequests
from domain.use_cases.recover_missed_end import RecoverMissedEnd

_LOOK_AGAIN = 0.1
"""Seconds after which a request that was not found may have reached this replica's store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedExecution:
    """`over`: the end of the run lies before `after`, so nothing follows."""

    request: PendingRequest
    client_id: ClientId
    after: EventId
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowExecution:
    """The states of one run for the user who waits for it, beside whatever stream the user's client has."""

    clients: ClientRegistry
    streams: ClientStreams
    pending: PendingRequests
    recover: RecoverMissedEnd
    clock: Clock

    async def open(self, session: Session, execution_id: str, last_event: str | None) -> FollowedExecution:
        """Starts after `last_event`; else where the client is known to be, or now if no history is kept from there.

        Raises RequestUnknown when none of the user's clients waits for the run, RequestMalformed, StoreUnavailable.
        """
        request = await self._request(session, checked_execution_id(execution_id))
        client_id = ClientId.parse(request.client_id)
        client = await self.clients.get(client_id) if client_id else None
        if client is None or client.user_id != session.user.user_id:
            raise RequestUnknown(_NOBODY_WAITS)
        after = _position(last_event, client.client_id) if last_event else client.position
        replay = await self.streams.replay(client.client_id, after)
        if not replay.complete and not last_event:
            after = replay.reached  # what is missing was not asked for
        cannot_tell = not replay.complete and bool(last_event)
        end_follows = cannot_tell or any(is_end(frame, execution_id) for frame in replay.frames)
        return FollowedExecution(
            request=request, client_id=client.client_id, after=after, over=request.ended and not end_follows
        )

    async def _request(self, session: Session, execution_id: str) -> PendingRequest:
        for pause in (_LOOK_AGAIN, None):
            found = await self.pending.of_execution(execution_id)
            own = [request for request in found if request.user_id == session.user.user_id]
            if own:
                return own[-1]
            if pause is not None:
                await self.clock.sleep(pause)
        raise RequestUnknown(_NOBODY_WAITS)

    @asynccontextmanager
    async def serve(
        self, followed: FollowedExecution, sink: FrameSink, failed: Callable[[], None]
    ) -> AsyncIterator[None]:
        """Feeds `sink` with the states of the run; `failed` is called when that cannot go on."""
        live = LiveStream(
            client_id=followed.client_id,
            # Who names the execution has read the answer that announced it: no frame is too early.
            feed=ClientFeed(followed.after, _OfExecution(followed.request.execution_id, sink), lambda: math.inf),
            streams=self.streams,
            clock=self.clock,
            replaced=failed,
        )
        async with self.streams.follow(followed.client_id, live):
            try:
                live.start()
                live.own(self.recover([followed.request]))
                yield
            finally:
                await live.close()


class _OfExecution:
    """Passes on what the follower asked for out of all that its client is told."""

    def __init__(self, execution_id: str, sink: FrameSink) -> None:
        self._execution_id = execution_id
        self._sink = sink

    def write(self, frame: StoredFrame) -> None:
        if frame.execution_id == self._execution_id and frame.event == "playbook/state":
            self._sink.write(frame)

    def reset(self, position: EventId) -> None:
        self._sink.reset(position)


def is_end(frame: StoredFrame, execution_id: str) -> bool:
    return frame.execution_id == execution_id and frame.stage is Stage.TERMINAL


_NOBODY_WAITS = "None of your clients waits for this execution."


def _position(last_event: str, client_id: ClientId) -> EventId:
    cursor = Cursor.parse(last_event)
    if cursor is None or cursor.client_id not in (None, client_id):
        return EventId("unknown", 0)
    return cursor.position
