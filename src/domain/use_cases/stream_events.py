from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType

from domain.callbacks import PendingRequest
from domain.client_feed import ClientFeed, FrameSink
from domain.clients import Client, ClientId, Cursor
from domain.errors import ClientNotOwned
from domain.events import EventId
from domain.holding import AFTER_RESPONSE
from domain.identity import Session
from domain.live_stream import LiveStream
from domain.ports.client_registry import ClientRegistry
from domain.ports.client_streams import ClientStreams
from domain.ports.clock import Clock
from domain.ports.pending_requests import PendingRequests
from domain.use_cases.recover_missed_end import RecoverMissedEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedStream:
    """`after`: where delivery starts. `pending`: what the client still waits for, for the init frame (wire 4.5)."""

    client: Client
    after: EventId
    pending: Sequence[PendingRequest] = ()
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvents:
    """Opens and feeds a client's stream. The caller has authenticated the session."""

    clients: ClientRegistry
    streams: ClientStreams
    pending: PendingRequests
    recover: RecoverMissedEnd
    clock: Clock

    async def open(self, session: Session, client_text: str | None, last_event: str | None) -> OpenedStream:
        """Resumes the client that `last_event` or `client_text` names if it is the session's user's, else opens
        a new one (D4). A position that makes no sense is answered by a reset later, not by an error.

        Raises StoreUnavailable.
        """
        cursor = Cursor.parse(last_event) if last_event else None
        client_id = ClientId.parse(client_text) if client_text else None
        if client_id is None and cursor is not None:
            client_id = cursor.client_id
        resumed = await self._resumed(session, client_id, last_event)
        if resumed is not None:
            return resumed
        position = await self.streams.recent_position()
        return OpenedStream(client=await self.clients.open(session.user.user_id, position), after=position)

    async def resume(self, session: Session, client_text: str, last_event: str | None) -> OpenedStream:
        """Like `open`, for those who must name a client that is theirs. Raises ClientNotOwned, StoreUnavailable."""
        resumed = await self._resumed(session, ClientId.parse(client_text), last_event)
        if resumed is None:
            raise ClientNotOwned
        return resumed

    async def _resumed(
        self, session: Session, client_id: ClientId | None, last_event: str | None
    ) -> OpenedStream | None:
        client = await self.clients.get(client_id) if client_id else None
        if client is None or client.user_id != session.user.user_id:
            return None
        cursor = Cursor.parse(last_event) if last_event else None
        pending = await self.pending.of_client(client.client_id)
        after = self._start(client, cursor, malformed=bool(last_event) and cursor is None)
        return OpenedStream(client=client, after=after, pending=pending, resumed=True)

    def _start(self, client: Client, cursor: Cursor | None, *, malformed: bool) -> EventId:
        if malformed or (cursor and cursor.client_id not in (None, client.client_id)):
            return EventId("unknown", 0)
        return cursor.position if cursor else client.position

    async def kept(self, opened: OpenedStream, sink: FrameSink) -> EventId:
        """Writes what is in the history and may be shown by now, without attaching. Gives the position after it.

        Raises StoreUnavailable.
        """
        feed = ClientFeed(opened.after, sink, self.clock.now)
        replay = await self.streams.replay(opened.client.client_id, feed.replay_after())
        feed.replayed(replay.frames, replay.reached, complete=replay.complete)
        return feed.position

    async def acknowledge(self, opened: OpenedStream) -> None:
        """The client has asked for what follows `opened.after`, a position that can be honoured: so it has
        everything up to there. Also counts as use. Raises StoreUnavailable.
        """
        known, after = opened.client.position, opened.after
        is_later = after.epoch != known.epoch or after.offset > known.offset
        await self.confirm(opened, after if is_later else known)

    async def confirm(self, opened: OpenedStream, position: EventId) -> None:
        """Everything up to `position` has certainly reached the client. Raises StoreUnavailable."""
        await self.clients.reached(opened.client, position)

    async def newest(self) -> EventId:
        """Raises StoreUnavailable."""
        return await self.streams.position()

    def serve(
        self,
        opened: OpenedStream,
        sink: FrameSink,
        replaced: Callable[[], None],
        grace: float = AFTER_RESPONSE,
        *,
        unheard_of: bool = False,
    ) -> "ServedStream":
        """Feeds `sink` from entering to leaving; `replaced` is called when another connection takes over.

        `grace`: as for ClientFeed; none is needed where responses and frames share a connection. `unheard_of`:
        nobody can have been told of the client until a moment ago, within this turn of the loop; so nothing has
        come for it, and its history need not be asked.
        """
        feed = ClientFeed(opened.after, sink, self.clock.now, grace)
        if unheard_of:
            feed.replayed((), opened.after, complete=True)
        live = LiveStream(
            client_id=opened.client.client_id,
            feed=feed,
            streams=self.streams,
            clock=self.clock,
            replaced=replaced,
            certain=opened.client.position,
        )
        return ServedStream(live, self.streams.attach(opened.client.client_id, live), opened.pending, self.recover)


class ServedStream:
    """Frames flow within its `async with`. A class and not a generator, because there is one for each open stream."""

    __slots__ = ("_attachment", "_live", "_missed", "_recover")

    def __init__(
        self,
        live: LiveStream,
        attachment: AbstractAsyncContextManager[None],
        missed: Sequence[PendingRequest],
        recover: RecoverMissedEnd,
    ) -> None:
        self._live = live
        self._attachment = attachment
        self._missed = missed
        self._recover = recover

    async def __aenter__(self) -> LiveStream:
        await self._attachment.__aenter__()
        self._live.start()
        missed, self._missed = self._missed, ()
        if missed:
            self._live.own(self._recover(missed))
        return self._live

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._live.close()
        finally:
            await self._attachment.__aexit__(kind, error, trace)
