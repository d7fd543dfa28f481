"""JSON that is looked at before somebody else reads it again: no two readers may understand it differently.

msgspec keeps the last of two equal names without a word, hence the standard library's parser here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NoReturn

from domain.errors import RequestMalformed
from domain.json_values import JsonObject, JsonValue


def strict_object(body: bytes) -> JsonObject:
    """Raises RequestMalformed unless `body` is one UTF-8 JSON object in which no object repeats a member."""
    try:
        value = strict_value(body)
    except ValueError as error:
        raise RequestMalformed("The body must be a JSON object in UTF-8 without repeated members.") from error
    if not isinstance(value, Mapping):
        raise RequestMalformed("The body must be a JSON object.")
    return value


def strict_value(text: bytes) -> JsonValue:
    """Raises ValueError for anything but one UTF-8 JSON text without repeated names, NaN or Infinity.

    The error quotes nothing of the text, and neither does its cause.
    """
    try:
        value: JsonValue = json.loads(text.decode("utf-8"), object_pairs_hook=_each_name_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValueError("not a JSON text, or a name occurs twice") from None
    return value


def _each_name_once(pairs: Sequence[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("not a JSON number")
