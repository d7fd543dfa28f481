"""What a client sends, and what it wants to read."""

from collections.abc import Iterator, Sequence
from enum import Enum

from entrypoints.http.json_body import is_json


class MediaType(Enum):
    """`JSON` answers every well-formed request with 200, as today's clients expect (wire 6)."""

    JSON = b"application/json; charset=utf-8"
    GRAPHQL_RESPONSE = b"application/graphql-response+json; charset=utf-8"
    HTML = b"text/html; charset=utf-8"
    EVENT_STREAM = b"text/event-stream; charset=utf-8"


_NAMED = {
    "application/json": MediaType.JSON,
    "application/graphql-response+json": MediaType.GRAPHQL_RESPONSE,
    "text/html": MediaType.HTML,
    "text/event-stream": MediaType.EVENT_STREAM,
    "application/*": MediaType.JSON,
    "*/*": MediaType.JSON,
}


def is_utf8_json(content_type: str) -> bool:
    if not is_json(content_type):
        return False
    _, parameters = _split(content_type)
    return parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8")


def preferred(accept: Sequence[bytes]) -> MediaType:
    """The type that an Accept header, in one or more lines, wants most; of equals the first; else JSON."""
    best, best_weight = MediaType.JSON, 0.0
    refused: set[MediaType] = set()
    for name, weight in _ranges(b",".join(accept).decode("latin-1")):
        media_type = _NAMED.get(name)
        if media_type is None:
            continue
        if weight == 0.0 and "*" not in name:
            refused.add(media_type)
        elif weight > best_weight:
            best, best_weight = media_type, weight
    if best in refused:
        return MediaType.GRAPHQL_RESPONSE if MediaType.GRAPHQL_RESPONSE not in refused else MediaType.JSON
    return best


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(","):
        name, parameters = _split(part)
        try:
            weight = float(parameters.get("q", "1"))
        except ValueError:
            continue
        yield name, weight


def _split(value: str) -> tuple[str, dict[str, str]]:
    name, *parameters = value.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return name.strip().lower(), {key.strip().lower(): text.strip().strip('"') for key, _, text in pairs}
