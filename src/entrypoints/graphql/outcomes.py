"""What became of an operation, or of one event of a subscription."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import ExecutionResult, GraphQLError

from entrypoints.graphql.errors import error_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`executed` False: the request was at fault and no resolver ran, or a subscription is over for that reason.
    An executed operation may lack data too. `position`: of the frame that this is about.
    """

    executed: bool
    data: Mapping[str, object] | None = None
    errors: Sequence[Mapping[str, object]] = ()
    position: str | None = None


def outcome_of(result: ExecutionResult, position: str | None = None) -> Outcome:
    errors = [error_entry(error) for error in result.errors or ()]
    return Outcome(executed=True, data=result.data, errors=errors, position=position)


def refusal(errors: Sequence[GraphQLError]) -> Outcome:
    return Outcome(executed=False, errors=[error_entry(error) for error in errors])
