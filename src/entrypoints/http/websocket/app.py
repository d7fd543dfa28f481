"""Opening, serving and ending WebSockets."""

from dataclasses import dataclass

from domain.errors import BackEndTrouble, GatewayError, NotAuthenticated, SessionInvalid, TooManyRequests
from domain.identity import Session
from domain.use_cases.stream_events import StreamEvents
from entrypoints.http.asgi import Receive, Scope, Send, header, respond
from entrypoints.http.events.open_stream import StreamGauge
from entrypoints.http.events.places import StreamPlaces
from entrypoints.http.stream_life import Ending, StreamLife
from entrypoints.http.stream_session import StreamSession
from entrypoints.http.websocket import json_rpc
from entrypoints.http.websocket.connection import WebSocketConnection
from entrypoints.http.websocket.methods import WebSocketUseCases
from entrypoints.http.websocket.socket import GOING_AWAY, TRY_AGAIN, End, Socket

UNAUTHORIZED = 4401
FORBIDDEN = 4403
_UPGRADE = ((b"upgrade", b"websocket"), (b"connection", b"upgrade"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketApp:
    """A peer that may not stay is told so by a JSON-RPC error and then by the close code: browsers can read no
    refusal of the handshake itself. `heartbeat` in seconds, `message_bytes`: the longest message taken.
    """

    sessions: StreamSession
    stream_events: StreamEvents
    use_cases: WebSocketUseCases
    life: StreamLife
    places: StreamPlaces
    gauge: StreamGauge
    heartbeat: float
    buffer_bytes: int
    message_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await respond(send, 426, headers=_UPGRADE)
            return
        await receive()
        await send({"type": "websocket.accept"})
        socket = Socket(scope, receive, send, buffer_bytes=self.buffer_bytes, message_bytes=self.message_bytes)
        try:
            session = await self.sessions(scope, header(scope, b"origin"))
            with self.places.place(session):
                connection = WebSocketConnection(session, self.use_cases, self.stream_events, socket)
                await self._serve(session, connection, socket)
        except GatewayError as error:
            await socket.refuse(_refusal(error))
            return
        await connection.calls_ended()

    async def _serve(self, session: Session, connection: WebSocketConnection, socket: Socket) -> None:
        def end(ending: Ending) -> None:
            if ending.of_session:
                socket.end(_session_over(ending))
            else:
                last = End(code=GOING_AWAY, reason=ending.value, word=ending.word)
                connection.finish(lambda: socket.end(last))

        self.gauge.opened()
        word = "left"
        try:
            with self.life.watch(session, end, beat=connection.beat, every=self.heartbeat):
                word = (await socket.run(connection.run())).word
        finally:
            self.gauge.closed(word)


def _session_over(ending: Ending) -> End:
    words = json_rpc.error(None, json_rpc.fault_of(SessionInvalid()))
    return End(code=UNAUTHORIZED, reason=ending.value, word=ending.word, last_words=words)


def _refusal(error: GatewayError) -> End:
    code = FORBIDDEN
    if isinstance(error, NotAuthenticated):
        code = UNAUTHORIZED
    elif isinstance(error, BackEndTrouble | TooManyRequests):
        code = TRY_AGAIN
    words = json_rpc.error(None, json_rpc.fault_of(error))
    return End(code=code, reason=error.code, last_words=words)
