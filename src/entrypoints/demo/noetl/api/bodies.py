"""Reads JSON bodies and query parameters, with FastAPI's complaints about bad ones."""

import json

import msgspec

from entrypoints.demo.asgi.request import Request
from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.api.errors import invalid, missing_field


def json_body(request: Request) -> JsonObject:
    """The body as an object. Raises `ApiError` when it is anything else."""
    if not request.body:
        raise invalid("missing", ["body"], "Field required", None)
    content = _decoded(request.body)
    if not isinstance(content, dict):
        message = "Input should be a valid dictionary or object to extract fields from"
        raise invalid("model_attributes_type", ["body"], message, content)
    return content


def optional_json_body(request: Request) -> JsonObject:
    return json_body(request) if request.body else {}


def required_text(body: JsonObject, name: str) -> str:
    if name not in body:
        raise missing_field(name, body)
    value = body[name]
    if not isinstance(value, str):
        raise invalid("string_type", ["body", name], "Input should be a valid string", value)
    return value


def optional_text(body: JsonObject, name: str, default: str = "") -> str:
    return default if body.get(name) is None else required_text(body, name)


def integer_argument(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    """A query parameter between two bounds."""
    text = request.argument(name)
    if text is None:
        return default
    try:
        number = int(text)
    except ValueError as exc:
        message = "Input should be a valid integer, unable to parse string as an integer"
        raise invalid("int_parsing", ["query", name], message, text) from exc
    if number < least:
        message = f"Input should be greater than or equal to {least}"
        raise invalid("greater_than_equal", ["query", name], message, text, ctx={"ge": least})
    if number > most:
        message = f"Input should be less than or equal to {most}"
        raise invalid("less_than_equal", ["query", name], message, text, ctx={"le": most})
    return number


def _decoded(body: bytes) -> JsonValue:
    content: JsonValue
    try:
        content = msgspec.json.decode(body)
    except msgspec.DecodeError:
        # The standard library's parser words the complaint that NoETL's clients get to see.
        try:
            content = json.loads(body)
        except json.JSONDecodeError as exc:
            raise invalid("json_invalid", ["body", exc.pos], "JSON decode error", {}, ctx={"error": exc.msg}) from exc
        except UnicodeDecodeError as exc:
            raise invalid("json_invalid", ["body", 0], "JSON decode error", {}) from exc
    return content
