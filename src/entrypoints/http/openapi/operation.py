"""How a route is described, and the answers that many routes share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec


class ErrorReply(msgspec.Struct):
    error: str


JSON = "application/json"
TEXT = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`kind`: the msgspec type of a JSON body, None for a body of `media_type` without a schema."""

    meaning: str
    kind: type | None = None
    media_type: str | None = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`parameters`: name to (where, required, meaning). `otherwise`: every status that `answers` does not name."""

    method: str
    path: str
    summary: str
    answers: Mapping[int, Answer]
    otherwise: Answer | None = None
    body: type | None = None
    any_body: bool = False
    parameters: Mapping[str, tuple[str, bool, str]] = field(default_factory=dict)
    needs_session: bool = False
    tag: str = "gateway"


NOT_A_SESSION = Answer(meaning="There is no valid session", media_type=TEXT)
NOT_ALLOWED = Answer(meaning="Known, but not allowed", kind=ErrorReply)
TROUBLE = {
    500: Answer(meaning="The gateway made a mistake, or a back end gave an incomplete answer", kind=ErrorReply),
    502: Answer(meaning="A back end failed", kind=ErrorReply),
    503: Answer(meaning="A back end is away or too slow; see Retry-After", kind=ErrorReply),
}
BODY_REFUSED = {
    400: Answer(meaning="The body is not JSON", media_type=TEXT),
    413: Answer(meaning="The body is too large", media_type=TEXT),
    415: Answer(meaning="The content type is not JSON", media_type=TEXT),
    422: Answer(meaning="The body has not the expected shape", media_type=TEXT),
}
RATE = {429: Answer(meaning="Too many requests; see Retry-After", kind=ErrorReply)}


def ok(meaning: str, kind: type | None = None, media_type: str | None = JSON) -> dict[int, Answer]:
    return {200: Answer(meaning=meaning, kind=kind, media_type=media_type)}
