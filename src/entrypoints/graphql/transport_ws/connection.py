"""One connection: who is there, and the operations that it has open."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack

from domain.errors import GatewayError, TooManyRequests
from domain.identity import Session
from entrypoints.graphql.engine import GraphQLEngine
from entrypoints.graphql.errors import plain_entry
from entrypoints.graphql.transport_ws import ends, messages
from entrypoints.graphql.transport_ws.messages import Complete, ConnectionInit, NotUnderstood, Ping, Pong, Subscribe
from entrypoints.graphql.transport_ws.operation import OperationRun
from entrypoints.http.asgi import Scope
from entrypoints.http.websocket.socket import Socket

log = logging.getLogger(__name__)

OPERATIONS_AT_A_TIME = 50
_INIT_SECONDS = 10.0
_LEAVING = plain_entry("This connection is about to end. Please reconnect.", "leaving")
_TOO_MANY = plain_entry(f"More than {OPERATIONS_AT_A_TIME} operations at a time.", TooManyRequests.code)


class TransportWsConnection:
    """`authenticate` is given the token of connection_init, None where it has none. `admit` opens what goes with a
    session; `place` is taken by each subscription.
    """

    def __init__(
        self,
        socket: Socket,
        scope: Scope,
        engine: GraphQLEngine,
        authenticate: Callable[[str | None], Awaitable[Session]],
        admit: Callable[[Session], AbstractContextManager[object]],
        place: Callable[[Session], AbstractContextManager[object]],
    ) -> None:
        self._socket = socket
        self._scope = scope
        self._engine = engine
        self._authenticate = authenticate
        self._admit = admit
        self._place = place
        self._initialising = False
        self._session: Session | None = None
        self._operations: dict[str, OperationRun] = {}
        self._tasks: dict[asyncio.Task[None], OperationRun] = {}
        self._when_finished: Callable[[], None] | None = None

    async def run(self) -> None:
        """Until the peer leaves."""
        timer = asyncio.get_running_loop().call_later(_INIT_SECONDS, self._check_initialised)
        try:
            with ExitStack() as admitted:
                while (message := await self._socket.next()) is not None:
                    await self._take(message, admitted)
        finally:
            timer.cancel()
            for operation_id in tuple(self._operations):
                self._complete(operation_id)

    @property
    def is_acknowledged(self) -> bool:
        return self._session is not None

    def _check_initialised(self) -> None:
        if not self._initialising:
            self._socket.end(ends.INIT_TIMEOUT)

    async def _take(self, message: str | bytes, admitted: ExitStack) -> None:
        try:
            taken = messages.decoded(message)
        except NotUnderstood as problem:
            self._socket.end(ends.bad_message(str(problem)))
            return
        match taken:
            case ConnectionInit():
                await self._initialise(taken, admitted)
            case Ping():
                self._socket.put(messages.pong(taken.payload))
            case Pong():
                pass
            case Subscribe():
                self._subscribe(taken)
            case Complete():
                self._complete(taken.id)

    async def _initialise(self, message: ConnectionInit, admitted: ExitStack) -> None:
        if self._initialising:
            self._socket.end(ends.INIT_TWICE)
            return
        self._initialising = True
        try:
            session = await self._authenticate(messages.token_in(message.payload))
            admitted.enter_context(self._admit(session))
        except GatewayError as error:
            self._socket.end(ends.refusal(error))
            return
        self._session = session
        self._socket.put(messages.ACKNOWLEDGED)

    def _subscribe(self, message: Subscribe) -> None:
        session = self._session
        if session is None:
            self._socket.end(ends.NOT_ACKNOWLEDGED)
        elif message.id in self._operations:
            self._socket.end(ends.id_in_use(message.id))
        elif self._when_finished is not None:
            self._socket.put(messages.error(message.id, [_LEAVING]))
        elif len(self._tasks) >= OPERATIONS_AT_A_TIME:
            self._socket.put(messages.error(message.id, [_TOO_MANY]))
        else:
            self._start(message, session)

    def _start(self, message: Subscribe, session: Session) -> None:
        operation = OperationRun(
            operation_id=message.id,
            parameters=message.payload,
            context=self._engine.context(session, self._scope),
            engine=self._engine,
            written=self._socket.written,
            place=lambda: self._place(session),
            over=lambda: self._forget(operation),
        )
        self._operations[message.id] = operation
        task = asyncio.ensure_future(operation.run())
        self._tasks[task] = operation
        task.add_done_callback(self._ended)

    def _forget(self, operation: OperationRun) -> None:
        if self._operations.get(operation.operation_id) is operation:
            del self._operations[operation.operation_id]

    def _complete(self, operation_id: str) -> None:
        """A subscription is ended; a query or mutation goes on unheard, for what it starts must be booked."""
        operation = self._operations.pop(operation_id, None)
        if operation is None:
            return
        operation.stopped = True
        for task, running in self._tasks.items():
            if running is operation and running.streams:
                task.cancel()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._forget(self._tasks.pop(task))
        if not task.cancelled() and task.exception() is not None:
            log.error("a GraphQL operation failed", exc_info=task.exception())
        self._tell_if_finished()

    def finish(self, then: Callable[[], None]) -> None:
        """Takes no more operations and calls `then` once all queries and mutations are answered."""
        self._when_finished = then
        self._tell_if_finished()

    def _tell_if_finished(self) -> None:
        if self._when_finished is not None and all(operation.streams for operation in self._tasks.values()):
            self._when_finished()

    async def operations_ended(self) -> None:
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
