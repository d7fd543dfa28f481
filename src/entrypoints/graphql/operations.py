"""One operation, from its text to its outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import isawaitable

from graphql import ExecutionResult, Executor, GraphQLError, GraphQLSchema, OperationType

from entrypoints.graphql.context import RequestContext
from entrypoints.graphql.documents import DocumentRefused, Documents
from entrypoints.graphql.errors import error_entry
from entrypoints.graphql.limits import GraphQLLimits
from entrypoints.graphql.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`executed` False: the request was at fault and no resolver ran. An executed operation may lack data too."""

    executed: bool
    data: Mapping[str, object] | None = None
    errors: Sequence[Mapping[str, object]] = ()


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
        try:
            document = self._documents(parameters.query)
        except DocumentRefused as refused:
            return _refusal(refused.errors)
        executor = Executor.build(
            self._schema,
            document,
            context_value=context,
            raw_variable_values=parameters.variables,
            operation_name=parameters.operation_name,
            hide_suggestions=self._hide_suggestions,
        )
        if not isinstance(executor, Executor):
            return _refusal(executor)
        if read_only and executor.operation.operation is not OperationType.QUERY:
            raise MutationNotAllowed
        pending = executor.execute_operation()
        result = await pending if isawaitable(pending) else pending
        assert isinstance(result, ExecutionResult)  # this executor knows no incremental delivery
        return Outcome(executed=True, data=result.data, errors=[error_entry(error) for error in result.errors or ()])


def _refusal(errors: Sequence[GraphQLError]) -> Outcome:
    return Outcome(executed=False, errors=[error_entry(error) for error in errors])
