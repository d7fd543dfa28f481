"""`/graphql` as a WebSocket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.identity import Session
from entrypoints.graphql.engine import GraphQLEngine
from entrypoints.graphql.transport_ws import ends
from entrypoints.graphql.transport_ws.connection import TransportWsConnection
from entrypoints.http.asgi import Receive, Scope, Send, header
from entrypoints.http.events.open_stream import StreamGauge
from entrypoints.http.events.places import StreamPlaces
from entrypoints.http.stream_life import Ending, StreamLife
from entrypoints.http.stream_session import StreamSession
from entrypoints.http.websocket.socket import Socket

PROTOCOL = "graphql-transport-ws"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLSockets:
    """The session comes with connection_init, or with the handshake as on any other stream."""

    engine: GraphQLEngine
    sessions: StreamSession
    life: StreamLife
    places: StreamPlaces
    gauge: StreamGauge
    message_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        spoken = PROTOCOL in scope.get("subprotocols", ())
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if spoken else None})
        socket = Socket(scope, receive, send, buffer_bytes=self.engine.buffer_bytes, message_bytes=self.message_bytes)
        if spoken:
            await self._serve(scope, socket)
        else:
            await socket.refuse(ends.NO_PROTOCOL)

    async def _serve(self, scope: Scope, socket: Socket) -> None:
        async def authenticate(given: str | None) -> Session:
            return await self.sessions(scope, header(scope, b"origin"), given=given)

        @contextmanager
        def admit(session: Session) -> Iterator[None]:
            with self.places.place(session), self.life.watch(session, end):
                self.gauge.opened()
                yield

        def end(ending: Ending) -> None:
            last = ends.end_of(ending)
            if ending.of_session:
                socket.end(last)
            else:
                connection.finish(lambda: socket.end(last))

        connection = TransportWsConnection(socket, scope, self.engine, authenticate, admit, self.places.place)
        ended = await socket.run(connection.run())
        if connection.is_acknowledged:
            self.gauge.closed(ended.word)
        await connection.operations_ended()
