"""A subscription, from its first event to its last."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    create_source_event_stream,
    execute_subscription_event,
)

from domain.errors import GatewayError
from entrypoints.graphql.awaiting import awaited
from entrypoints.graphql.errors import unexpected_entry
from entrypoints.graphql.frame_types import ClientFrame
from entrypoints.graphql.outcomes import Outcome, outcome_of, refusal

log = logging.getLogger(__name__)


class Subscription:
    def __init__(self, executor: Executor[None]) -> None:
        self._executor = executor

    async def outcomes(self) -> AsyncGenerator[Outcome, None]:
        """One for each event; at last, if it does not just end, a refusal that says why. Its reader closes it."""
        source = await awaited(create_source_event_stream(self._executor))
        if isinstance(source, ExecutionResult):
            yield refusal(source.errors or ())
            return
        async with aclosing(_generator(source)) as frames:
            try:
                async for frame in frames:
                    yield await self._outcome(frame)
            except (GatewayError, GraphQLError) as error:
                yield refusal([_described(error)])
            except Exception:
                log.exception("a subscription failed")
                yield Outcome(executed=False, errors=[unexpected_entry()])

    async def _outcome(self, frame: ClientFrame) -> Outcome:
        result = await awaited(execute_subscription_event(self._executor.build_per_event_executor(frame)))
        return outcome_of(result, position=frame.event_id)


def _generator(source: object) -> AsyncGenerator[ClientFrame, None]:
    """Each resolver of a subscription is an async generator of frames."""
    return cast(AsyncGenerator[ClientFrame, None], source)


def _described(error: GatewayError | GraphQLError) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
