"""Questions to JetStream's own API."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from adapters.nats.link import Link
from adapters.nats.replies import NO_RESPONDERS, status_of
from domain.errors import StoreUnavailable

T = TypeVar("T")
PREFIX = "$JS.API"


class ApiError(msgspec.Struct):
    code: int = 500
    err_code: int = 0
    description: str = ""


class ApiRefused(Exception):
    """JetStream's own answer, which never leaves the adapters."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.description)
        self.code = error.code
        self.err_code = error.err_code
        self.description = error.description


class _Answer(msgspec.Struct):
    error: ApiError | None = None


async def call(link: Link, what: str, body: Mapping[str, object] | None, answer: type[T]) -> T:
    """Raises ApiRefused, StoreUnavailable."""
    payload = msgspec.json.encode(body) if body is not None else b""
    message = await link.request(f"{PREFIX}.{what}", payload)
    if status_of(message) == NO_RESPONDERS:
        raise StoreUnavailable
    try:
        error = msgspec.json.decode(message.data, type=_Answer).error
        if error is not None:
            raise ApiRefused(error)
        return msgspec.json.decode(message.data, type=answer)
    except msgspec.MsgspecError as broken:
        raise StoreUnavailable from broken
