"""Storing messages in a stream, with the server's word that it has them."""

from collections.abc import Mapping

import msgspec

from adapters.nats.asking import ask
from adapters.nats.connection import NatsConnection
from adapters.nats.jetstream_api import ApiError
from adapters.nats.streams import Stream
from domain.errors import StoreUnavailable

_WRONG_LAST_SEQUENCE = frozenset({10071, 10164})
EXPECTED_SEQUENCE = "Nats-Expected-Last-Subject-Sequence"


class Stored(msgspec.Struct):
    """`duplicate`: it was there already, under the same message id."""

    seq: int = 0
    duplicate: bool = False
    error: ApiError | None = None


class Conflict(Exception):
    """The subject's newest message is not the expected one."""


async def store(
    connection: NatsConnection,
    stream: Stream,
    subject: str,
    payload: bytes,
    headers: Mapping[str, str] | None = None,
) -> Stored:
    """Raises Conflict (only with EXPECTED_SEQUENCE among the headers), StoreUnavailable."""
    answer = await ask(connection, stream, subject, payload, headers)
    try:
        stored = msgspec.json.decode(answer.data, type=Stored)
    except msgspec.MsgspecError as error:
        raise StoreUnavailable from error
    if stored.error is not None:
        if stored.error.err_code in _WRONG_LAST_SEQUENCE:
            raise Conflict
        raise StoreUnavailable
    return stored
