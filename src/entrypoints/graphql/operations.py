"""One operation, from its text to its outcome."""

from collections.abc import Sequence

from graphql import ExecutionResult, Executor, GraphQLError, GraphQLSchema, OperationType

from entrypoints.graphql.awaiting import awaited
from entrypoints.graphql.context import RequestContext
from entrypoints.graphql.documents import DocumentRefused, Documents
from entrypoints.graphql.limits import GraphQLLimits
from entrypoints.graphql.outcomes import Outcome, outcome_of, refusal
from entrypoints.graphql.parameters import Parameters
from entrypoints.graphql.subscriptions import Subscription

_STREAMED = "Subscriptions are served as text/event-stream, or over a WebSocket of the protocol graphql-transport-ws."


class MutationNotAllowed(Exception):
    """The operation would change something, but came by a method that must not."""


class Operations:
    """Executes on graphql-core directly, so that a remembered document costs neither parsing nor validation."""

    def __init__(self, schema: GraphQLSchema, limits: GraphQLLimits) -> None:
        self._schema = schema
        self._documents = Documents(schema, limits)
        self._hide_suggestions = not limits.introspection

    async def __call__(self, parameters: Parameters, context: RequestContext, read_only: bool = False) -> Outcome:
        """Raises MutationNotAllowed, before anything is executed."""
        prepared = self.prepare(parameters, context, read_only)
        if isinstance(prepared, Subscription):
            return refusal([GraphQLError(_STREAMED, extensions={"code": "subscription_needs_stream"})])
        return await run(prepared) if isinstance(prepared, Executor) else prepared

    def prepare(
        self, parameters: Parameters, context: RequestContext, read_only: bool = False
    ) -> "Executor[None] | Subscription | Outcome":
        """What to `run`, a subscription to read, or the outcome of what cannot be executed.

        Raises MutationNotAllowed.
        """
        try:
            document = self._documents(parameters.query)
        except DocumentRefused as refused:
            return refusal(refused.errors)
        executor = Executor.build(
            self._schema,
            document,
            context_value=context,
            raw_variable_values=parameters.variables,
            operation_name=parameters.operation_name,
            hide_suggestions=self._hide_suggestions,
        )
        return self._judged(executor, read_only=read_only)

    def _judged(
        self, executor: "Executor[None] | Sequence[GraphQLError]", *, read_only: bool
    ) -> "Executor[None] | Subscription | Outcome":
        if not isinstance(executor, Executor):
            return refusal(executor)
        kind = executor.operation.operation
        if kind is OperationType.SUBSCRIPTION:
            return Subscription(executor)
        if read_only and kind is not OperationType.QUERY:
            raise MutationNotAllowed
        return executor


async def run(executor: Executor[None]) -> Outcome:
    result = await awaited(executor.execute_operation())
    assert isinstance(result, ExecutionResult)  # this executor knows no incremental delivery
    return outcome_of(result)
