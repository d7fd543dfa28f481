"""A client's stream while it is open: what it is registered with, and how it leaves again."""

import random
from collections.abc import Callable
from typing import Protocol

from domain.identity import Session
from domain.ports.clock import Clock
from domain.ports.session_ends import SessionEnds
from domain.use_cases.stream_events import OpenedStream, ServedStream, StreamEvents
from entrypoints.http.events import sse
from entrypoints.http.events.connection import EventConnection, StreamTiming
from entrypoints.http.events.places import Place
from entrypoints.http.events.receipts import Receipts
from entrypoints.http.events.wheel import TimerWheel
from entrypoints.http.events.writer import StreamWriter


class StreamGauge(Protocol):
    def opened(self) -> None: ...

    def closed(self, reason: str) -> None: ...


class Surroundings(Protocol):
    """What all streams share. `on_drain` registers what is to be called when the process begins to drain, and
    returns the way to take that back.
    """

    @property
    def stream_events(self) -> StreamEvents: ...

    @property
    def session_ends(self) -> SessionEnds: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def wheel(self) -> TimerWheel: ...

    @property
    def timing(self) -> StreamTiming: ...

    @property
    def gauge(self) -> StreamGauge: ...

    @property
    def buffer_bytes(self) -> int: ...

    @property
    def on_drain(self) -> Callable[[Callable[[], None]], Callable[[], None]]: ...

    @property
    def open_connections(self) -> set[EventConnection]: ...


class OpenStream:
    """`begin` once the response is started, and `end` once whatever happens then; neither costs a task. Keeps its
    `place` until the end.
    """

    __slots__ = ("_connection", "_place", "_served", "_shared", "_stop_listening", "_take_leave")

    def __init__(
        self, shared: Surroundings, session: Session, opened: OpenedStream, writer: StreamWriter, place: Place
    ) -> None:
        self._shared = shared
        now = shared.clock.monotonic()
        connection = self._connection = EventConnection(
            client=opened.client,
            session=session,
            writer=writer,
            timing=shared.timing,
            buffer_bytes=shared.buffer_bytes,
            monotonic=shared.wheel.monotonic,
            ends=self._ends(session, now),
        )
        connection.put(sse.init(opened) + sse.PING)
        shared.gauge.opened()
        shared.open_connections.add(connection)
        self._stop_listening = shared.session_ends.listen(session.token, self._log_out)
        self._take_leave = shared.on_drain(self._drain)
        if (due := connection.on_time(now)) is not None:
            shared.wheel.put(connection, due)
        self._served: ServedStream | None = None
        self._place = place
        place.keep()

    async def begin(self, opened: OpenedStream, writer: StreamWriter) -> None:
        shared = self._shared
        served = shared.stream_events.serve(opened, self._connection, self._replace, unheard_of=not opened.resumed)
        live = await served.__aenter__()
        self._served = served
        self._connection.on_heartbeat = Receipts(opened, live, writer, shared.stream_events).beat

    async def end(self) -> None:
        shared, connection = self._shared, self._connection
        self._take_leave()
        self._stop_listening()
        shared.wheel.remove(connection)
        shared.open_connections.discard(connection)
        shared.gauge.closed(connection.closed_for or "left")
        self._place.release()
        # None of these may go on knowing the others, or all would wait for a search for garbage in cycles.
        self._take_leave = self._stop_listening = _nothing
        connection.on_heartbeat = None
        served, self._served = self._served, None
        if served is not None:
            await served.__aexit__(None, None, None)

    def _log_out(self) -> None:
        self._connection.close("logged_out")

    def _replace(self) -> None:
        self._connection.close("replaced")

    def _drain(self) -> None:
        pause = random.randint(500, 3000)  # noqa: S311 - spreads load, no secret
        self._connection.close("drained", sse.retry_hint(pause))

    def _ends(self, session: Session, now: float) -> float | None:
        """When the stream has to end, in monotonic seconds: with the session, or by age for the client to return."""
        clock, rotate_after = self._shared.clock, self._shared.timing.rotate_after
        ends = None if session.ends_at is None else now + session.ends_at - clock.now()
        if rotate_after > 0:
            age = now + rotate_after * random.uniform(0.9, 1.0)  # noqa: S311 - spreads load, no secret
            ends = age if ends is None else min(ends, age)
        return ends


def _nothing() -> None:
    return None
