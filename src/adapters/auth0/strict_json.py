"""JSON objects in which each name occurs once: two readers of one text can then not see two values.

msgspec keeps the last of two equal names without a word, hence the standard library's parser here.
"""

import json
from collections.abc import Sequence
from typing import NoReturn

from domain.json_values import JsonObject, JsonValue


def decode_json_object(data: bytes) -> JsonObject:
    """Raises ValueError for anything but one UTF-8 JSON object without repeated names, NaN or Infinity.

    The error quotes nothing of the data, and neither does its cause.
    """
    try:
        value: JsonValue = json.loads(
            data.decode("utf-8"), object_pairs_hook=_each_name_once, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise ValueError("not a JSON text, or a name occurs twice") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _each_name_once(pairs: Sequence[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("not a JSON number")
