"""Opening, serving and ending WebSockets."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from domain.errors import BackEndTrouble, GatewayError, NotAuthenticated
from domain.identity import Session
from domain.ports.clock import Clock
from domain.ports.session_ends import SessionEnds
from domain.use_cases.stream_events import StreamEvents
from entrypoints.http.asgi import Receive, Scope, Send, header
from entrypoints.http.events.app import StreamGauge
from entrypoints.http.events.places import StreamPlaces
from entrypoints.http.events.sse import init_result
from entrypoints.http.stream_session import StreamSession
from entrypoints.http.websocket import json_rpc
from entrypoints.http.websocket.connection import WebSocketConnection
from entrypoints.http.websocket.json_rpc import Call, Fault
from entrypoints.http.websocket.methods import InitializeParams, WebSocketUseCases
from entrypoints.http.websocket.writer import WebSocketWriter

log = logging.getLogger(__name__)

GOING_AWAY = 1001
TRY_AGAIN = 1013
UNAUTHORIZED = 4401
REPLACED = 4409
SLOW = 4413
_MESSAGE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketApp:
    """The first call must be `initialize`, which opens or resumes the client; frames follow it.

    A refused session is told by an error message and close code 4401. `heartbeat` in seconds.
    """

    sessions: StreamSession
    stream_events: StreamEvents
    session_ends: SessionEnds
    use_cases: WebSocketUseCases
    clock: Clock
    places: StreamPlaces
    gauge: StreamGauge
    heartbeat: float
    buffer_bytes: int
    on_drain: Callable[[Callable[[], None]], Callable[[], None]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await send({"type": "http.response.start", "status": 426, "headers": [(b"upgrade", b"websocket")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await receive()
        await send({"type": "websocket.accept"})
        try:
            session = await self.sessions(scope, header(scope, b"origin"))
            with self.places.place(session):
                await self._serve(session, receive, send)
        except NotAuthenticated as error:
            await _refuse(send, json_rpc.fault_of(error), UNAUTHORIZED)
        except BackEndTrouble as error:
            await _refuse(send, json_rpc.fault_of(error), TRY_AGAIN)
        except GatewayError as error:
            await _refuse(send, json_rpc.fault_of(error), 4403)

    async def _serve(self, session: Session, receive: Receive, send: Send) -> None:
        ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

        def end(code: int, reason: str) -> None:
            if not ended.done():
                ended.set_result((code, reason))

        writer = WebSocketWriter(send, self.buffer_bytes, lambda: end(SLOW, "slow"))
        connection = WebSocketConnection(session, self.use_cases, writer, end)
        stops = (
            self.session_ends.listen(session.token, lambda: end(UNAUTHORIZED, "logged_out")),
            self.on_drain(lambda: end(GOING_AWAY, "drained")),
        )
        self.gauge.opened()
        reason = "left"
        try:
            reason = await self._until_end(connection, receive, ended, send)
        finally:
            self.gauge.closed(reason)
            for stop in stops:
                stop()

    async def _until_end(
        self,
        connection: WebSocketConnection,
        receive: Receive,
        ended: "asyncio.Future[tuple[int, str]]",
        send: Send,
    ) -> str:
        tasks = [
            asyncio.ensure_future(work)
            for work in (self._talk(connection, receive), connection.writer.run(), self._beat(connection))
        ]
        try:
            waited_for: list[asyncio.Future[object]] = [ended, *tasks]  # type: ignore[list-item] # only waited for
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                code, reason = ended.result()
                await send({"type": "websocket.close", "code": code, "reason": reason})
                return reason
            for task in tasks:
                if task.done():
                    task.result()
            return "left"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await connection.end_calls()

    async def _talk(self, connection: WebSocketConnection, receive: Receive) -> None:
        first = await self._next(connection, receive)
        while first is not None and first.method != "initialize":
            connection.take(first)
            first = await self._next(connection, receive)
        if first is None:
            return
        params = json_rpc.params_of(first, InitializeParams)
        opened = await self.stream_events.open(connection.session, params.client_id, params.last_event_id)
        connection.client = opened.client
        if first.wants_answer:
            await connection.writer.put_and_wait(json_rpc.result(first.request_id, init_result(opened)))
        async with self.stream_events.serve(opened, connection, lambda: connection.close(REPLACED, "replaced")):
            while (call := await self._next(connection, receive)) is not None:
                if call.method == "initialize":
                    fault = Fault(json_rpc.INVALID_REQUEST, "initialize has been called already.")
                    connection.writer.put(json_rpc.error(call.request_id, fault))
                else:
                    connection.take(call)

    async def _next(self, connection: WebSocketConnection, receive: Receive) -> Call | None:
        """The next well-formed call; None when the peer has left."""
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return None
            text = message.get("text") or message.get("bytes") or b""
            try:
                if len(text) > _MESSAGE_BYTES:
                    raise Fault(json_rpc.INVALID_REQUEST, "The message is too large.")
                return json_rpc.decoded(text)
            except Fault as fault:
                connection.writer.put(json_rpc.error(None, fault))

    async def _beat(self, connection: WebSocketConnection) -> None:
        """Pings, and the end of a session by time."""
        while True:
            ends = connection.session.ends_at
            left = float("inf") if ends is None else ends - self.clock.now()
            if left <= 0:
                connection.close(UNAUTHORIZED, "ended")
            await self.clock.sleep(max(0.05, min(self.heartbeat, left)))
            connection.ping()


async def _refuse(send: Send, fault: Fault, code: int) -> None:
    await send({"type": "websocket.send", "text": json_rpc.error(None, fault).decode()})
    await send({"type": "websocket.close", "code": code, "reason": fault.reason or ""})
