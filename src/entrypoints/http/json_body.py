"""JSON request bodies, refused in the words that the original's clients may have seen (wire 0)."""

from typing import TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import State

from entrypoints.http.asgi import ClientGone

T = TypeVar("T")
HttpRequest = Request[None, None, State]


class BodyRefused(Exception):
    """`status` and the plain-text sentence of the refusal."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def is_json(content_type: str) -> bool:
    """`application/json` or `application/*+json`, parameters allowed."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


async def json_body(request: HttpRequest, kind: type[T], limit: int) -> T:
    """Raises BodyRefused: 415 type, 413 size (`limit` bytes), 400 syntax, 422 shape. Unknown members are ignored."""
    if not is_json(request.headers.get("content-type", "")):
        raise BodyRefused(415, "Expected request with `Content-Type: application/json`")
    return decoded(await whole_body(request, limit), kind)


async def whole_body(request: HttpRequest, limit: int) -> bytes:
    """Raises BodyRefused past `limit` bytes, ClientGone when the client left before the end."""
    announced = request.headers.get("content-length", "")[:20]
    received = bytearray()
    if not (announced.isdecimal() and int(announced) > limit):
        async for chunk in request.stream():
            received += chunk
            if len(received) > limit:
                break
        else:
            if announced.isdecimal() and len(received) < int(announced):
                raise ClientGone
            return bytes(received)
    raise BodyRefused(413, "Failed to buffer the request body: length limit exceeded")


def decoded(body: bytes, kind: type[T]) -> T:
    try:
        if not body.isascii():
            body.decode()  # msgspec does not look into what it hands on raw
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise BodyRefused(
            422, f"Failed to deserialize the JSON body into the target type: {_in_old_words(str(error))}"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyRefused(400, f"Failed to parse the request body as JSON: {error}") from error


def _in_old_words(problem: str) -> str:
    missing = "Object missing required field `"
    if problem.startswith(missing):
        return f"missing field `{problem[len(missing) :].split('`', 1)[0]}`"
    text, separator, path = problem.partition(" - at `$.")
    field = path.rstrip("`") if separator else ""
    return f"{field}: invalid type: {text}" if field else text
