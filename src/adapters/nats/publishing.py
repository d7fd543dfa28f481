"""Storing messages in a stream, with the server's word that it has them."""

from collections.abc import Mapping, Sequence

import msgspec
from nats.aio.msg import Msg

from adapters.nats.asking import ask
from adapters.nats.connection import NatsConnection
from adapters.nats.jetstream_api import ApiError
from adapters.nats.link import Outgoing
from adapters.nats.replies import NO_RESPONDERS, status_of
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
    stored = _outcome(await ask(connection, stream, subject, payload, headers))
    if stored is None:
        raise Conflict
    return stored


async def store_all(connection: NatsConnection, stream: Stream, messages: Sequence[Outgoing]) -> list[Stored | None]:
    """In one go, without a task for each. None where the subject's newest message is not the expected one.

    Raises StoreUnavailable; what was stored until then stays.
    """
    link = await connection.ready(stream)
    outcomes = []
    for message, answer in zip(messages, await link.request_all(messages), strict=True):
        if status_of(answer) == NO_RESPONDERS:
            answer = await ask(connection, stream, message.subject, message.payload, message.headers)
        outcomes.append(_outcome(answer))
    return outcomes


def _outcome(answer: Msg) -> Stored | None:
    try:
        stored = msgspec.json.decode(answer.data, type=Stored)
    except msgspec.MsgspecError as error:
        raise StoreUnavailable from error
    if stored.error is not None:
        if stored.error.err_code in _WRONG_LAST_SEQUENCE:
            return None
        raise StoreUnavailable
    return stored
