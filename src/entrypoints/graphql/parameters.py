"""What a client sends, by the GraphQL-over-HTTP specification."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from domain.errors import RequestMalformed


class Parameters(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Unknown members are ignored. `extensions` are understood by nobody yet."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


Batch = list[Parameters]
_body_decoder = msgspec.json.Decoder(Parameters | Batch)
_object_decoder = msgspec.json.Decoder(dict[str, Any] | None)


def from_body(body: bytes, value_nesting: int) -> Parameters | Batch:
    """Raises RequestMalformed, also for variables that nest deeper than `value_nesting`."""
    parameters: Parameters | Batch = _decoded(body, _body_decoder)
    # Each level takes a bracket, so most requests need not be looked through.
    if body.count(b"{") + body.count(b"[") > value_nesting:
        for one in parameters if isinstance(parameters, list) else [parameters]:
            check_nesting(one.variables, value_nesting)
    return parameters


def from_query(query_string: bytes, value_nesting: int) -> Parameters | None:
    """None without a `query`. Raises RequestMalformed."""
    given = _fields(query_string)
    if "query" not in given:
        return None
    variables = _object(given.get("variables"))
    check_nesting(variables, value_nesting)
    return Parameters(
        query=given["query"],
        operation_name=given.get("operationName") or None,
        variables=variables,
        extensions=_object(given.get("extensions")),
    )


def _fields(query_string: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError as error:
        raise RequestMalformed("The query string is not a UTF-8 form.") from error
    given = dict(pairs)
    if len(given) != len(pairs):
        raise RequestMalformed("The query string repeats a parameter.")
    return given


def _object(text: str | None) -> dict[str, Any] | None:
    found: dict[str, Any] | None = _decoded(text.encode(), _object_decoder) if text else None
    return found


def _decoded(body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise RequestMalformed(f"The request is not of the expected form: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestMalformed("The request is not valid JSON in UTF-8.") from error


def check_nesting(value: object, deepest: int) -> None:
    """Raises RequestMalformed."""
    level = [value]
    for _ in range(deepest):
        level = [part for whole in level for part in _parts(whole) if isinstance(part, dict | list)]
        if not level:
            return
    raise RequestMalformed(f"The variables nest more than {deepest} deep.")


def _parts(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
