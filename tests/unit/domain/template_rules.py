"""How workers turn a value into what they store, when a template like `{{ value }}` stands for it (wire 2.4)."""

import ast
import json
import unicodedata
from collections.abc import Callable, Mapping

from domain.json_values import JsonValue

Renderer = Callable[[JsonValue], JsonValue]


def native(value: JsonValue) -> JsonValue:
    """The Python worker, for a plain dotted path."""
    return value


def jinja_as_it_was(value: JsonValue) -> JsonValue:
    """Older Python workers left whatever text the template gave."""
    return str(value)


def jinja_coerced(value: JsonValue) -> JsonValue:
    """The Python worker for any other template."""
    text = str(value)
    if text.startswith(("[", "{")):
        return _literal(text)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.isascii() and text.isdigit():
        return int(text)
    return None if text.lower() in ("none", "null") else text


def minijinja(value: JsonValue) -> JsonValue:
    """The Rust worker: printed, then parsed as JSON if it parses."""
    text = value if isinstance(value, str) else _rust(value)
    try:
        parsed: JsonValue = json.loads(text)
    except ValueError:
        return text
    return parsed


def _literal(text: str) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(text)
    except ValueError:
        try:
            parsed = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text
    return parsed


def _rust(value: JsonValue) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(map(_rust_character, value)) + '"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_rust(key)}: {_rust(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_rust, value)) + "]"
    return str(value)


def _rust_character(character: str) -> str:
    short = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
    if character in short:
        return short[character]
    unprintable = unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co", "Mn", "Me", "Zl", "Zp")
    return f"\\u{{{ord(character):x}}}" if unprintable else character
