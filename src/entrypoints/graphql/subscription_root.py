import logging
from collections.abc import AsyncGenerator

import msgspec
import strawberry
from graphql import GraphQLError

from domain.clients import ClientId, Cursor
from domain.errors import StoreUnavailable
from domain.events import EventId, Stage, StoredFrame
from domain.use_cases.stream_events import OpenedStream, StreamEvents
from entrypoints.graphql.context import RequestContext, RequestInfo
from entrypoints.graphql.frame_queue import FrameQueue
from entrypoints.graphql.frame_types import ClientFrame, PlaybookState, client_frame, history_lost, playbook_state

_RENEWAL_SECONDS = 3600.0

log = logging.getLogger(__name__)


async def _playbook_results(
    info: RequestInfo, client_id: str, last_event_id: str | None = strawberry.UNSET
) -> AsyncGenerator[ClientFrame, None]:
    context, stream_events = info.context, info.context.use_cases.stream_events
    opened = await stream_events.resume(context.session, client_id, _last(context, last_event_id))
    queue = FrameQueue(context.buffer_bytes)
    own_id = opened.client.client_id
    async with stream_events.serve(opened, queue, queue.replaced) as live:
        live.own(_stay_in_use(stream_events, opened))
        while True:
            what = await queue.next()
            frame = history_lost(what, own_id) if isinstance(what, EventId) else _read(what, own_id)
            if frame is not None:
                yield frame


async def _execution_events(
    info: RequestInfo, execution_id: str, last_event_id: str | None = strawberry.UNSET
) -> AsyncGenerator[PlaybookState, None]:
    context = info.context
    follow = context.use_cases.follow_execution
    followed = await follow.open(context.session, execution_id, _last(context, last_event_id))
    if followed.over:
        return
    queue = FrameQueue(context.buffer_bytes)
    async with follow.serve(followed, queue, queue.failed):
        while True:
            what = await queue.next()
            if isinstance(what, EventId):
                raise _history_lost(what, followed.client_id)
            yield playbook_state(what, followed.client_id)
            if what.stage is Stage.TERMINAL:
                return


async def _stay_in_use(stream_events: StreamEvents, opened: OpenedStream) -> None:
    """A client that is not used for a day is forgotten."""
    while True:
        await stream_events.clock.sleep(_RENEWAL_SECONDS)
        try:
            await stream_events.confirm(opened, opened.client.position)
        except StoreUnavailable:
            log.debug("a client was not renewed; the next time will do")


def _last(context: RequestContext, argument: str | None) -> str | None:
    """A browser that reconnects by itself repeats its first request, but it sends the id of the last event."""
    return context.last_event_id or argument or None


def _read(stored: StoredFrame, client_id: ClientId) -> ClientFrame | None:
    try:
        return client_frame(stored, client_id)
    except msgspec.MsgspecError as error:
        log.error("the frame %s is not of the expected form", stored.id, exc_info=error)
        return None


def _history_lost(position: EventId, client_id: ClientId) -> GraphQLError:
    extensions = {"code": "history_lost", "position": str(Cursor(position, client_id))}
    return GraphQLError("States of this execution are missing. Ask how it stands.", extensions=extensions)


@strawberry.type
class SubscriptionRoot:
    playbook_results: AsyncGenerator[ClientFrame, None] = strawberry.subscription(
        resolver=_playbook_results,
        description="The frames of a client of yours, as on /events; takes it over from other connections.",
    )
    execution_events: AsyncGenerator[PlaybookState, None] = strawberry.subscription(
        resolver=_execution_events,
        description="The states of a run that a client of yours waits for, up to its end.",
    )
