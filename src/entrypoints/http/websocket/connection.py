"""One open WebSocket that speaks JSON-RPC: calls come in, answers and frames go out."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TypeVar

import msgspec

from domain.clients import Client, ClientId, Cursor
from domain.errors import GatewayError
from domain.events import EventId, StoredFrame
from domain.identity import Session
from domain.use_cases.execute_playbook import Started
from domain.use_cases.stream_events import StreamEvents
from entrypoints.http.events.receipts import Receipts
from entrypoints.http.events.sse import init_result
from entrypoints.http.websocket import json_rpc
from entrypoints.http.websocket.calls import Calls, Done
from entrypoints.http.websocket.json_rpc import Call, Fault
from entrypoints.http.websocket.methods import (
    ExecuteParams,
    InitializeParams,
    RerunParams,
    WebSocketUseCases,
    described,
)
from entrypoints.http.websocket.socket import End, Socket

_PING = b'{"jsonrpc":"2.0","method":"ping","params":{}}'
_RESET = b'{"eventId":"%b","jsonrpc":"2.0","method":"reset","params":{"reason":"history_lost"}}'
_REPLACED = End(code=4409, reason="replaced", word="replaced")
P = TypeVar("P", bound=msgspec.Struct)


class WebSocketConnection:
    """The first call must be `initialize`, alone: it opens or resumes the client, whose FrameSink this is then."""

    def __init__(
        self, session: Session, use_cases: WebSocketUseCases, stream_events: StreamEvents, socket: Socket
    ) -> None:
        self._session = session
        self._use_cases = use_cases
        self._stream_events = stream_events
        self._socket = socket
        self._client: Client | None = None
        self._receipts: Receipts | None = None
        self._calls = Calls(self._perform, socket.written, use_cases.announce_started)

    async def run(self) -> None:
        """Until the peer leaves."""
        async with AsyncExitStack() as serving:
            while (message := await self._socket.next()) is not None:
                await self._take(message, serving)

    async def _take(self, message: str | bytes, serving: AsyncExitStack) -> None:
        try:
            taken = json_rpc.decoded(message)
        except Fault as fault:
            self._socket.put(json_rpc.error(None, fault))
            return
        if not isinstance(taken, Call):
            self._calls.take(taken, batch=True)
        elif taken.method == "initialize":
            await self._initialize(taken, serving)
        else:
            self._calls.take([taken], batch=False)

    async def _initialize(self, call: Call, serving: AsyncExitStack) -> None:
        """Frames come after the answer, which says whose they are."""
        try:
            if self._client is not None:
                raise Fault(json_rpc.INVALID_REQUEST, "initialize has been called already.")
            params = json_rpc.params_of(call, InitializeParams)
            opened = await self._stream_events.open(self._session, params.client_id, params.last_event_id)
        except Fault as fault:
            self._socket.put(json_rpc.error(call, fault))
            return
        except GatewayError as error:
            self._socket.put(json_rpc.error(call, json_rpc.fault_of(error)))
            return
        self._client = opened.client
        if not call.wants_answer or await self._socket.written(json_rpc.result(call, init_result(opened))):
            feed = self._stream_events.serve(opened, self, lambda: self._socket.end(_REPLACED), grace=0.0)
            live = await serving.enter_async_context(feed)
            self._receipts = Receipts(opened, live, self._socket, self._stream_events)

    def write(self, frame: StoredFrame) -> None:
        """The frame as it was stored, with its position as a further member `eventId`."""
        self._socket.put(b'{"eventId":"%b",%b' % (self._cursor(frame.id), frame.data[1:]))

    def reset(self, position: EventId) -> None:
        self._socket.put(_RESET % self._cursor(position))

    def beat(self) -> None:
        if self._receipts is not None:
            self._receipts.beat()  # before the ping, which cannot have been received yet
        self._socket.put(_PING)

    def _cursor(self, position: EventId) -> bytes:
        return str(Cursor(position, self._client.client_id if self._client else None)).encode()

    async def _perform(self, call: Call) -> Done:
        match call.method:
            case "ping":
                return Done({})
            case "playbook/execute":
                return await self._execute(call)
            case "playbook/rerun":
                return await self._rerun(call)
            case "initialize":
                raise Fault(json_rpc.INVALID_REQUEST, "initialize must not be part of a batch.")
        raise Fault(json_rpc.METHOD_NOT_FOUND, "There is no such method.")

    async def _execute(self, call: Call) -> Done:
        params, client_id = self._params(call, ExecuteParams)
        started = await self._use_cases.execute(self._session, params, client_id)
        return _done(started, params.name)

    async def _rerun(self, call: Call) -> Done:
        params, client_id = self._params(call, RerunParams)
        return _done(await self._use_cases.rerun(self._session, params, client_id), None)

    def _params(self, call: Call, kind: type[P]) -> tuple[P, ClientId]:
        if self._client is None:
            raise Fault(json_rpc.INVALID_REQUEST, "Call initialize first.")
        return json_rpc.params_of(call, kind), self._client.client_id

    def finish(self, then: Callable[[], None]) -> None:
        """Takes no more calls and calls `then` once those that go on are answered."""
        self._calls.finish(then)

    async def calls_ended(self) -> None:
        await self._calls.ended()


def _done(started: Started, name: str | None) -> Done:
    return Done(described(started, name), started)
