"""One operation of a connection, from `subscribe` to its last word."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass

from domain.errors import GatewayError
from entrypoints.graphql.context import RequestContext
from entrypoints.graphql.engine import GraphQLEngine
from entrypoints.graphql.errors import plain_entry, unexpected_entry
from entrypoints.graphql.operations import run
from entrypoints.graphql.outcomes import Outcome
from entrypoints.graphql.parameters import Parameters, check_nesting
from entrypoints.graphql.subscriptions import Subscription
from entrypoints.graphql.transport_ws import messages

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class OperationRun:
    """`written` sends a message and waits until it is out, `place` is taken by each subscription, `over` is called
    before the last word: its id may be used again from then on. `stopped`: the client wants to hear no more of it.
    """

    operation_id: str
    parameters: Parameters
    context: RequestContext
    engine: GraphQLEngine
    written: Callable[[bytes], Awaitable[bool]]
    place: Callable[[], AbstractContextManager[object]]
    over: Callable[[], None]
    streams: bool = False
    stopped: bool = False

    async def run(self) -> None:
        try:
            await self._run()
        except GatewayError as error:
            await self._last(messages.error(self.operation_id, [plain_entry(str(error), error.code)]))
        except Exception:  # the other operations must go on
            log.exception("a GraphQL operation failed")
            await self._last(messages.error(self.operation_id, [unexpected_entry()]))

    async def _run(self) -> None:
        check_nesting(self.parameters.variables, self.engine.limits.value_nesting)
        prepared = self.engine.operations.prepare(self.parameters, self.context)
        if isinstance(prepared, Outcome):
            await self._last(messages.error(self.operation_id, prepared.errors))
        elif isinstance(prepared, Subscription):
            await self._subscribe(prepared)
        else:
            await self._say(messages.next_result(self.operation_id, await run(prepared)))
            await self.engine.announce(self.context)
            await self._last(messages.complete(self.operation_id))

    async def _subscribe(self, subscription: Subscription) -> None:
        if self.stopped:
            return
        self.streams = True
        with self.place():
            await self._stream(subscription)

    async def _stream(self, subscription: Subscription) -> None:
        """Each result is out before the next is fetched: what waits, waits where it is bounded."""
        async with aclosing(subscription.outcomes()) as outcomes:
            async for outcome in outcomes:
                if not outcome.executed:
                    await self._last(messages.error(self.operation_id, outcome.errors))
                    return
                await self._say(messages.next_result(self.operation_id, outcome))
        await self._last(messages.complete(self.operation_id))

    async def _last(self, message: bytes) -> None:
        self.over()
        await self._say(message)

    async def _say(self, message: bytes) -> None:
        if not self.stopped:
            await self.written(message)
