"""How errors are told in `errors[]` (wire 6): a sentence, and `extensions.code` where the gateway knows one."""

import logging
from collections.abc import Mapping

from graphql import GraphQLError

from domain.errors import GatewayError

log = logging.getLogger(__name__)

UNEXPECTED_CODE = "unexpected"
_UNEXPECTED = "The gateway made a mistake. It has been logged; please try again."


def error_entry(error: GraphQLError) -> Mapping[str, object]:
    """What nobody foresaw is logged, and told without its text."""
    cause = error.original_error
    entry: dict[str, object] = {**error.formatted}
    if isinstance(cause, GatewayError):
        return entry | {"message": str(cause), "extensions": {"code": cause.code}}
    if cause is None or isinstance(cause, GraphQLError):
        return entry
    log.error("GraphQL field %s failed", error.path, exc_info=cause)
    return entry | {"message": _UNEXPECTED, "extensions": {"code": UNEXPECTED_CODE}}


def unexpected_entry() -> Mapping[str, object]:
    return plain_entry(_UNEXPECTED, UNEXPECTED_CODE)


def plain_entry(sentence: str, code: str) -> Mapping[str, object]:
    return {"message": sentence, "extensions": {"code": code}}
