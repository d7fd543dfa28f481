"""One open WebSocket: calls come in, answers and frames go out."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from domain.clients import Client, Cursor
from domain.errors import GatewayError
from domain.events import EventId, StoredFrame
from domain.identity import Session
from domain.use_cases.execute_playbook import Started
from entrypoints.http.websocket import json_rpc
from entrypoints.http.websocket.json_rpc import Call, Fault
from entrypoints.http.websocket.methods import (
    ExecuteParams,
    RerunParams,
    WebSocketUseCases,
    described,
)
from entrypoints.http.websocket.writer import WebSocketWriter

log = logging.getLogger(__name__)
_CALLS_AT_A_TIME = 16
_PING = b'{"jsonrpc":"2.0","method":"ping","params":{}}'


class WebSocketConnection:
    """The FrameSink of its client once `client` is set. `close` is given a code and a reason for the peer."""

    def __init__(
        self,
        session: Session,
        use_cases: WebSocketUseCases,
        writer: WebSocketWriter,
        close: Callable[[int, str], None],
    ) -> None:
        self.session = session
        self.client: Client | None = None
        self.writer = writer
        self._use_cases = use_cases
        self._close = close
        self._calls: set[asyncio.Task[None]] = set()

    def write(self, frame: StoredFrame) -> None:
        """The frame as it was stored, with its position as a further member `eventId`."""
        self.writer.put(b'{"eventId":"%b",%b' % (self._cursor(frame.id), frame.data[1:]))

    def reset(self, position: EventId) -> None:
        text = b'{"eventId":"%b","jsonrpc":"2.0","method":"reset","params":{"reason":"history_lost"}}'
        self.writer.put(text % self._cursor(position))

    def ping(self) -> None:
        self.writer.put(_PING)

    def close(self, code: int, reason: str) -> None:
        self._close(code, reason)

    def _cursor(self, position: EventId) -> bytes:
        return str(Cursor(position, self.client.client_id if self.client else None)).encode()

    def take(self, call: Call) -> None:
        """Answers in its own time; too many calls at once are refused."""
        if len(self._calls) >= _CALLS_AT_A_TIME:
            self._answer_fault(call, Fault(json_rpc.INTERNAL_ERROR, "Too many calls at once."))
            return
        task = asyncio.ensure_future(self._answer(call))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _answer(self, call: Call) -> None:
        try:
            await self._dispatch(call)
        except Fault as fault:
            self._answer_fault(call, fault)
        except GatewayError as error:
            self._answer_fault(call, json_rpc.fault_of(error))
        except Exception:  # the other calls and the stream must go on
            log.exception("unexpected error in a WebSocket call")
            self._answer_fault(call, Fault(json_rpc.INTERNAL_ERROR, "The gateway made a mistake; please try again."))

    def _answer_fault(self, call: Call, fault: Fault) -> None:
        if call.wants_answer:
            self.writer.put(json_rpc.error(call.request_id, fault))

    def _dispatch(self, call: Call) -> Coroutine[object, object, None]:
        methods = {"ping": self._ping, "playbook/execute": self._execute, "playbook/rerun": self._rerun}
        method = methods.get(call.method)
        if method is None:
            raise Fault(json_rpc.METHOD_NOT_FOUND, "There is no such method.")
        return method(call)

    async def _ping(self, call: Call) -> None:
        if call.wants_answer:
            self.writer.put(json_rpc.result(call.request_id, {}))

    async def _execute(self, call: Call) -> None:
        params = json_rpc.params_of(call, ExecuteParams)
        started = await self._use_cases.execute(self.session, params, self._initialized().client_id)
        await self._tell(call, started, params.name)

    async def _rerun(self, call: Call) -> None:
        params = json_rpc.params_of(call, RerunParams)
        started = await self._use_cases.rerun(self.session, params, self._initialized().client_id)
        await self._tell(call, started, None)

    async def _tell(self, call: Call, started: Started, name: str | None) -> None:
        """Frames of the run wait until its answer is out (wire 4.6)."""
        if call.wants_answer:
            await self.writer.put_and_wait(json_rpc.result(call.request_id, described(started, name)))
        await self._use_cases.announce_started(started)

    def _initialized(self) -> Client:
        if self.client is None:
            raise Fault(json_rpc.INVALID_REQUEST, "Call initialize first.")
        return self.client

    async def end_calls(self) -> None:
        calls = tuple(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
