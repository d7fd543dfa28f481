"""`/graphql` as a WebSocket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.identity import Session
from entrypoints.graphql.engine import GraphQLEngine
from entrypoints.graphql.transport_ws.connection import UNAUTHORIZED, TransportWsConnection
from entrypoints.http.asgi import Receive, Scope, Send, header
from entrypoints.http.events.places import StreamPlaces
from entrypoints.http.stream_life import Ending, StreamLife
from entrypoints.http.stream_session import StreamSession
from entrypoints.http.websocket.socket import GOING_AWAY, End, Socket

PROTOCOL = "graphql-transport-ws"
_NO_PROTOCOL = End(code=4406, reason="Subprotocol not acceptable")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLSockets:
    """The session comes with connection_init, or with the handshake as on any other stream."""

    engine: GraphQLEngine
    sessions: StreamSession
    life: StreamLife
    places: StreamPlaces
    message_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        spoken = PROTOCOL in scope.get("subprotocols", ())
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if spoken else None})
        socket = Socket(receive, send, buffer_bytes=self.engine.buffer_bytes, message_bytes=self.message_bytes)
        if not spoken:
            await socket.refuse(_NO_PROTOCOL)
            return

        async def authenticate(given: str | None) -> Session:
            return await self.sessions(scope, header(scope, b"origin"), given=given)

        @contextmanager
        def admit(session: Session, connection: TransportWsConnection) -> Iterator[None]:
            with (
                self.places.place(session),
                self.life.watch(session, lambda ending: _end(ending, socket, connection)),
            ):
                yield

        connection = TransportWsConnection(socket, scope, self.engine, authenticate, admit, self.places.place)
        await socket.run(connection.run())
        await connection.operations_ended()


def _end(ending: Ending, socket: Socket, connection: TransportWsConnection) -> None:
    if ending.of_session:
        socket.end(End(code=UNAUTHORIZED, reason=ending.value))
    else:
        connection.finish(lambda: socket.end(End(code=GOING_AWAY, reason=ending.value)))
