"""`GET /events`: a client's stream of live results (wire 4.5)."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from domain.errors import BackEndTrouble, GatewayError, NotAuthenticated
from domain.identity import Session
from domain.ports.clock import Clock
from domain.ports.session_ends import SessionEnds
from domain.use_cases.stream_events import OpenedStream, StreamEvents
from entrypoints.http.asgi import Receive, Scope, Send, header, query_parameters, respond
from entrypoints.http.errors import respond_with_error
from entrypoints.http.events import sse
from entrypoints.http.events.connection import EventConnection, StreamTiming
from entrypoints.http.events.places import StreamPlaces
from entrypoints.http.events.receipts import Receipts
from entrypoints.http.events.wheel import TimerWheel
from entrypoints.http.events.writer import open_writer
from entrypoints.http.stream_session import StreamSession

log = logging.getLogger(__name__)


class StreamGauge(Protocol):
    def opened(self) -> None: ...

    def closed(self, reason: str) -> None: ...


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
            with self.places.place(session):
                await self._open(session, scope, receive, send)
        except BackEndTrouble as error:
            await self._say_trouble(scope, send, error)
        except GatewayError as error:
            await respond_with_error(send, error)

    async def _open(self, session: Session, scope: Scope, receive: Receive, send: Send) -> None:
        parameters = query_parameters(scope)
        last = header(scope, b"last-event-id")
        last_event = last.decode("latin-1") if last else parameters.get("last_event_id")
        opened = await self.stream_events.open(session, parameters.get("client_id"), last_event)
        await send({"type": "http.response.start", "status": 200, "headers": list(sse.HEADERS)})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        await self._serve(session, opened, scope, receive, send)

    async def _serve(
        self, session: Session, opened: OpenedStream, scope: Scope, receive: Receive, send: Send
    ) -> None:
        writer = open_writer(scope, receive, send)
        now = self.clock.monotonic()
        connection = EventConnection(
            client=opened.client,
            session=session,
            writer=writer,
            timing=self.timing,
            buffer_bytes=self.buffer_bytes,
            monotonic=self.clock.monotonic,
            ends=self._end(session, now),
        )
        connection.put(sse.init(opened) + sse.PING)
        self.gauge.opened()
        self.open_connections.add(connection)
        stop_listening = self.session_ends.listen(session.token, lambda: connection.close("logged_out"))
        due = connection.on_time(now)
        if due is not None:
            self.wheel.put(connection, due)
        leave = self.on_drain(lambda: self._drain(connection))
        serving = self.stream_events.serve(
            opened, connection, lambda: connection.close("replaced"), unheard_of=not opened.resumed
        )
        try:
            async with serving as live:
                connection.on_heartbeat = Receipts(opened, live, writer, self.stream_events).beat
                await writer.gone()
        finally:
            leave()
            stop_listening()
            self.wheel.remove(connection)
            self.open_connections.discard(connection)
            self.gauge.closed(connection.closed_for or "left")

    def _end(self, session: Session, now: float) -> float | None:
        """When the stream has to end, in monotonic seconds: with the session, or by age for the client to return."""
        ends = None if session.ends_at is None else now + session.ends_at - self.clock.now()
        if self.timing.rotate_after > 0:
            age = now + self.timing.rotate_after * random.uniform(0.9, 1.0)  # noqa: S311 - spreads load, no secret
            ends = age if ends is None else min(ends, age)
        return ends

    def _drain(self, connection: EventConnection) -> None:
        pause = random.randint(500, 3000)  # noqa: S311 - spreads load, no secret
        connection.close("drained", sse.retry_hint(pause))

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
