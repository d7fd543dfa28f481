"""Outcomes as HTTP answers, by the GraphQL-over-HTTP specification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from entrypoints.graphql.errors import plain_entry
from entrypoints.graphql.media_types import MediaType
from entrypoints.graphql.outcomes import Outcome
from entrypoints.http.asgi import RawHeaders

_encode = msgspec.json.Encoder().encode
_PLAIN = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    body: bytes
    content_type: bytes
    headers: RawHeaders = _PLAIN


class RequestRejected(Exception):
    """The HTTP request as such is at fault: a GraphQL error with a 4xx status in either media type."""

    def __init__(self, status: int, code: str, sentence: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.headers = headers


def rejection(rejected: RequestRejected, media_type: MediaType) -> Reply:
    body = _encode({"errors": [plain_entry(str(rejected), rejected.code)]})
    return Reply(
        status=rejected.status,
        body=body,
        content_type=_json_type(media_type).value,
        headers=(*_PLAIN, *rejected.headers),
    )


def reply(outcome: Outcome, media_type: MediaType) -> Reply:
    """Readers of plain JSON get 200 and a `data` member whatever happened, as today (wire 6)."""
    kind = _json_type(media_type)
    status = 200 if outcome.executed or kind is MediaType.JSON else 400
    return Reply(status=status, body=_encode(_response(outcome, kind)), content_type=kind.value)


def batch_reply(outcomes: Sequence[Outcome], media_type: MediaType) -> Reply:
    kind = _json_type(media_type)
    return Reply(status=200, body=_encode([_response(one, kind) for one in outcomes]), content_type=kind.value)


def _response(outcome: Outcome, kind: MediaType) -> Mapping[str, object]:
    response: dict[str, object] = {}
    if outcome.executed or kind is MediaType.JSON:
        response["data"] = outcome.data
    if outcome.errors:
        response["errors"] = outcome.errors
    return response


def _json_type(media_type: MediaType) -> MediaType:
    return media_type if media_type is MediaType.GRAPHQL_RESPONSE else MediaType.JSON
