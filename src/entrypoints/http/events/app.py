"""`GET /events`: a client's stream of live results (wire 4.5)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from domain.errors import BackEndTrouble, GatewayError, NotAuthenticated
from domain.identity import Session
from domain.ports.clock import Clock
from domain.ports.session_ends import SessionEnds
from domain.use_cases.stream_events import StreamEvents
from entrypoints.http.asgi import Receive, Scope, Send, header, query_parameters, respond
from entrypoints.http.errors import respond_with_error
from entrypoints.http.events import sse
from entrypoints.http.events.connection import EventConnection, StreamTiming
from entrypoints.http.events.open_stream import OpenStream, StreamGauge
from entrypoints.http.events.places import Place, StreamPlaces
from entrypoints.http.events.wheel import TimerWheel
from entrypoints.http.events.writer import open_writer
from entrypoints.http.stream_session import StreamSession

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsApp:
    """Serves streams until client, session, age, another connection or the drain ends them."""

    sessions: StreamSession
    stream_events: StreamEvents
    session_ends: SessionEnds
    clock: Clock
    wheel: TimerWheel
    places: StreamPlaces
    timing: StreamTiming
    gauge: StreamGauge
    buffer_bytes: int
    on_drain: Callable[[Callable[[], None]], Callable[[], None]]
    """Registers what is to be called when the process begins to drain; returns the way to take it back."""
    open_connections: set[EventConnection] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, headers=[(b"allow", b"GET,HEAD")])
            return
        try:
            session = await self.sessions(scope)
        except NotAuthenticated:
            await self._say_and_end(send, sse.UNAUTHORIZED)
            return
        except BackEndTrouble as error:
            await self._say_trouble(scope, send, error)
            return
        try:
            with self.places.place(session) as place:
                await self._open(session, place, scope, receive, send)
        except BackEndTrouble as error:
            await self._say_trouble(scope, send, error)
        except GatewayError as error:
            await respond_with_error(send, error)

    async def _open(self, session: Session, place: Place, scope: Scope, receive: Receive, send: Send) -> None:
        parameters = query_parameters(scope)
        last = header(scope, b"last-event-id")
        last_event = last.decode("latin-1") if last else parameters.get("last_event_id")
        opened = await self.stream_events.open(session, parameters.get("client_id"), last_event)
        await send({"type": "http.response.start", "status": 200, "headers": list(sse.HEADERS)})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        writer = open_writer(scope, receive, send)
        stream = OpenStream(self, session, opened, writer, place)
        try:
            await stream.begin(opened, writer)
            if writer.outlive(stream.end):
                return
            await writer.gone()
        except BaseException:
            await stream.end()
            raise
        await stream.end()

    async def _say_trouble(self, scope: Scope, send: Send, error: BackEndTrouble) -> None:
        """A browser's EventSource gives up for good on an error status, so it is told to come back instead."""
        if b"text/event-stream" in (header(scope, b"accept") or b""):
            log.warning("a stream could not be opened: %s", error.code)
            await self._say_and_end(send, sse.AWAY)
        else:
            await respond_with_error(send, error)

    async def _say_and_end(self, send: Send, text: bytes) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(sse.HEADERS)})
        await send({"type": "http.response.body", "body": text})
