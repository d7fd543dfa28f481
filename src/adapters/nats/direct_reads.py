"""Direct reads: no consumer, no state on the server, many messages in one round trip."""

from collections.abc import Sequence

import msgspec
from nats.aio.msg import Msg

from adapters.nats.asking import ask, ask_for_many
from adapters.nats.connection import NatsConnection
from adapters.nats.replies import status_of
from adapters.nats.stream_info import nanoseconds
from adapters.nats.streams import Stream
from domain.errors import StoreUnavailable

_BATCH = 256
_BATCH_BYTES = 128 * 1024
"""With the number of reads at a time, what a server has to hold for this process at most when all streams catch up
at once. With more than its `max_pending` it ends the connection as that of a slow consumer, and all begin again.
"""
_PATTERNS = 500
_NOTHING = "404"
_END_OF_BATCH = "204"
_TOO_MANY = "413"


class Record:
    """A message as a stream holds it. `at`: epoch seconds of when it was stored."""

    __slots__ = ("data", "headers")

    def __init__(self, message: Msg) -> None:
        self.headers = message.headers or {}
        self.data = message.data

    @property
    def subject(self) -> str:
        return self.headers.get("Nats-Subject", "")

    @property
    def sequence(self) -> int:
        return int(self.headers["Nats-Sequence"])

    @property
    def at(self) -> float:
        return nanoseconds(self.headers["Nats-Time-Stamp"]) / 1e9


async def last(connection: NatsConnection, stream: Stream, subject: str) -> Record | None:
    """The newest message on `subject`. Raises StoreUnavailable."""
    return _record(await ask(connection, stream, f"$JS.API.DIRECT.GET.{stream.name}.{subject}"))


async def at_sequence(connection: NatsConnection, stream: Stream, sequence: int) -> Record | None:
    """Raises StoreUnavailable."""
    question = msgspec.json.encode({"seq": sequence})
    return _record(await ask(connection, stream, f"$JS.API.DIRECT.GET.{stream.name}", question))


async def following(
    connection: NatsConnection, stream: Stream, subject: str, sequence: int, batch_bytes: int = _BATCH_BYTES
) -> list[Record]:
    """All messages that match `subject` from `sequence` on, in order. Raises StoreUnavailable.

    `batch_bytes`: how much is asked for at a time; a message that is larger comes alone.
    """
    found: list[Record] = []
    while True:
        batch, left = await _batch(
            connection,
            stream,
            {"seq": sequence, "next_by_subj": subject, "batch": _BATCH, "max_bytes": batch_bytes},
        )
        found += batch
        if not left or not batch:
            return found
        sequence = batch[-1].sequence + 1


async def newest_of_each(connection: NatsConnection, stream: Stream, subjects: Sequence[str]) -> list[Record]:
    """The newest message of each subject that matches one of `subjects`. Raises StoreUnavailable."""
    found: list[Record] = []
    for start in range(0, len(subjects), _PATTERNS):
        some = subjects[start : start + _PATTERNS]
        try:
            found += (await _batch(connection, stream, {"multi_last": some}))[0]
        except _TooMany:
            for subject in some:
                newest = {record.subject: record for record in await following(connection, stream, subject, 1)}
                found += newest.values()
    return found


class _TooMany(Exception):
    """A server reads at most 1024 subjects in one go."""


async def _batch(connection: NatsConnection, stream: Stream, question: dict[str, object]) -> tuple[list[Record], int]:
    """What one round trip brings, and how many more there are."""
    text = msgspec.json.encode(question)
    async with stream.bulk_reads:
        answers = await ask_for_many(connection, stream, f"$JS.API.DIRECT.GET.{stream.name}", text, _is_status)
    end = answers.pop()
    status = status_of(end)
    if status == _TOO_MANY:
        raise _TooMany
    if status not in (_NOTHING, _END_OF_BATCH):
        raise StoreUnavailable
    left = (end.headers or {}).get("Nats-Num-Pending", "0")
    return [Record(answer) for answer in answers], int(left)


def _is_status(message: Msg) -> bool:
    return status_of(message) is not None


def _record(answer: Msg) -> Record | None:
    status = status_of(answer)
    if status is None:
        return Record(answer)
    if status == _NOTHING:
        return None
    raise StoreUnavailable
