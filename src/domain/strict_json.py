"""JSON that is looked at before somebody else reads it again: no two readers may understand it differently."""

import json
from collections.abc import Mapping

from domain.errors import RequestMalformed
from domain.json_values import JsonObject, JsonValue


def strict_object(body: bytes) -> JsonObject:
    """Raises RequestMalformed unless `body` is one UTF-8 JSON object in which no object repeats a member."""
    try:
        value: JsonValue = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise RequestMalformed("The body must be a JSON object in UTF-8 without repeated members.") from error
    if not isinstance(value, Mapping):
        raise RequestMalformed("The body must be a JSON object.")
    return value


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated member")
    return members


def _refuse(constant: str) -> JsonValue:
    raise ValueError(f"{constant} is not JSON")
