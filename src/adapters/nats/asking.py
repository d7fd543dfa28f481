"""Questions to a stream, which may be without a leader for a moment."""

import asyncio
from collections.abc import Callable, Mapping

from nats.aio.msg import Msg

from adapters.nats.connection import NatsConnection
from adapters.nats.replies import NO_RESPONDERS, status_of
from adapters.nats.streams import Stream
from domain.errors import StoreUnavailable

_PAUSES = (0.05, 0.2, 0.5)
"""Seconds; with the time that looking at the stream again takes, enough for a cluster to elect a leader."""


async def ask(
    connection: NatsConnection,
    stream: Stream,
    subject: str,
    payload: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Msg:
    """The one answer. Raises StoreUnavailable."""
    for pause in (*_PAUSES, None):
        link = await connection.ready(stream)
        answer = await link.request(subject, payload, headers)
        if status_of(answer) != NO_RESPONDERS:
            return answer
        await _look_again(connection, stream, pause)
    raise StoreUnavailable


async def ask_for_many(
    connection: NatsConnection, stream: Stream, subject: str, payload: bytes, is_last: Callable[[Msg], bool]
) -> list[Msg]:
    """The answers up to the one that `is_last`, which no-responders must be. Raises StoreUnavailable."""
    for pause in (*_PAUSES, None):
        link = await connection.ready(stream)
        answers = await link.collect(subject, payload, is_last)
        if status_of(answers[-1]) != NO_RESPONDERS:
            return answers
        await _look_again(connection, stream, pause)
    raise StoreUnavailable


async def _look_again(connection: NatsConnection, stream: Stream, pause: float | None) -> None:
    connection.doubt(stream)
    if pause is None:
        raise StoreUnavailable
    await asyncio.sleep(pause)
