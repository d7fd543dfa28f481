"""What a body holds: JSON where everybody who reads it on will read the same, else text (wire 9.3)."""

import json
import math
import re

from domain.json_values import JsonValue

_MAX_DEPTH = 128
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def json_or_text(body: bytes) -> JsonValue:
    """None for an empty body, its value if it is JSON, otherwise its text in UTF-8, bad bytes replaced.

    As for NoETL's own reader, texts with NaN, numbers beyond a double, half a surrogate pair or more than 128
    levels are no JSON.
    """
    if not body:
        return None
    try:
        value = _parsed(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
    return value


def compact_json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parsed(body: bytes) -> JsonValue:
    value: JsonValue = json.loads(
        body.decode("utf-8"), parse_int=_integer, parse_float=_double, parse_constant=_refuse
    )
    if body.count(b"[") + body.count(b"{") > _MAX_DEPTH and _is_deep(value):
        raise ValueError("too deep")
    if _SURROGATE.search(body):
        compact_json(value).encode("utf-8")  # a lone surrogate cannot be encoded, a pair can
    return value


def _integer(digits: str) -> int:
    _double(digits)
    return int(digits)


def _double(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("beyond a double")
    return number


def _refuse(constant: str) -> JsonValue:
    raise ValueError(f"{constant} is not JSON")


def _is_deep(value: JsonValue) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
