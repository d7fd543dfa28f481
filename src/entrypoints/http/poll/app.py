"""Answering a client that asks again and again."""

import asyncio
from dataclasses import dataclass, replace

from domain.clients import ClientId
from domain.errors import GatewayError, RequestMalformed, SessionInvalid
from domain.events import EventId
from domain.expiring_memory import ExpiringMemory
from domain.identity import Session
from domain.ports.clock import Clock
from domain.use_cases.stream_events import OpenedStream, StreamEvents
from entrypoints.http.asgi import JSON, Receive, Scope, Send, header, query_parameters, respond
from entrypoints.http.disconnects import cancelled_when_client_leaves
from entrypoints.http.errors import respond_with_error
from entrypoints.http.events.places import StreamPlaces
from entrypoints.http.first_done import first_done
from entrypoints.http.poll.batch import Batch
from entrypoints.http.stream_life import Ending, StreamLife
from entrypoints.http.stream_session import StreamSession

LONGEST_WAIT = 55.0
"""Seconds: proxies cut an answer that has not begun after sixty."""
_WAIT = 25.0
_NO_STORE = ((b"cache-control", b"no-store"),)
_TAKEN_OVER = (409, b'{"error":"Another connection has taken this client over."}', JSON)
_TAKEN_OVER_HEADERS = (*_NO_STORE, (b"x-error-code", b"client_taken_over"))
LOOK_SECONDS = 60.0
"""Once in so many seconds, not for each poll, it is noted how far a client has come, and its runs are asked for."""


class TakenOver(Exception):
    """Another connection serves the client now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollApp:
    """Answers at once when frames are there, and a new client always; else it waits, attached like a stream. Only
    the cursor with which a client comes back says what it has received.

    `answer_bytes`: how much one answer holds, unless a single frame is larger. `looked_after`: clients that were
    looked after lately, for LOOK_SECONDS.
    """

    sessions: StreamSession
    stream_events: StreamEvents
    life: StreamLife
    places: StreamPlaces
    clock: Clock
    looked_after: ExpiringMemory[ClientId, bool]
    answer_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, headers=[(b"allow", b"GET,HEAD")])
            return
        try:
            session = await self.sessions(scope)
            answer = b"" if scope["method"] == "HEAD" else await self._poll(session, scope, receive)
        except GatewayError as error:
            await respond_with_error(send, error)
        except TakenOver:
            await respond(send, *_TAKEN_OVER, headers=_TAKEN_OVER_HEADERS)
        else:
            await respond(send, 200, answer, JSON, _NO_STORE)

    async def _poll(self, session: Session, scope: Scope, receive: Receive) -> bytes:
        parameters = query_parameters(scope)
        wait = _seconds(parameters.get("wait"))
        last = header(scope, b"last-event-id")
        last_event = last.decode("latin-1") if last else parameters.get("last_event_id")
        opened = await self.stream_events.open(session, parameters.get("client_id"), last_event)
        batch = Batch(self.answer_bytes)
        if not opened.resumed:
            return batch.answer(opened, opened.after)
        # A client that has something to fetch need not take itself over from a stream that may work after all.
        position = await self.stream_events.kept(opened, batch)
        if not batch.arrived.is_set() and wait > 0:
            waiting = await self._look_after(opened)
            with cancelled_when_client_leaves(scope, receive):
                position = await self._wait(session, replace(waiting, after=position), batch, wait)
        return batch.answer(opened, position)

    async def _wait(self, session: Session, opened: OpenedStream, batch: Batch, wait: float) -> EventId:
        """The position after the wait. Raises SessionInvalid, TakenOver, TooManyRequests."""
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def end(ending: Ending) -> None:
            if not ended.done():
                ended.set_exception(SessionInvalid()) if ending.of_session else ended.set_result(None)

        def replaced() -> None:
            if not ended.done():
                ended.set_exception(TakenOver())

        with self.places.place(session), self.life.watch(session, end):
            async with self.stream_events.serve(opened, batch, replaced) as live:
                await first_done(batch.arrived.wait(), self.clock.sleep(wait), ended)
                return live.feed.position

    async def _look_after(self, opened: OpenedStream) -> OpenedStream:
        """What is to be served: without pending runs if they were looked after lately."""
        client_id = opened.client.client_id
        if self.looked_after.get(client_id):
            return replace(opened, pending=())
        self.looked_after.put(client_id, True)
        await self.stream_events.acknowledge(opened)
        return opened


def _seconds(text: str | None) -> float:
    if text is None:
        return _WAIT
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:  # NaN is not
        raise RequestMalformed("wait must be a number of seconds.")
    return min(seconds, LONGEST_WAIT)
