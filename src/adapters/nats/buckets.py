"""Key-value buckets, in the layout that every NATS client knows."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from adapters.nats.connection import NatsConnection
from adapters.nats.direct_reads import last, newest_of_each
from adapters.nats.jetstream_api import ApiRefused, call
from adapters.nats.link import Outgoing
from adapters.nats.publishing import EXPECTED_SEQUENCE, store, store_all
from adapters.nats.stream_info import nanoseconds
from adapters.nats.streams import Stream, StreamSpec
from domain.errors import StoreUnavailable

_NO_MESSAGE = 10037
OPERATION = "KV-Operation"
_MARKERS = (OPERATION, "Nats-Marker-Reason")
"""Headers of a marker: `DEL` or `PURGE` for a key that was removed, or why the server itself removed it."""


def is_marker(headers: Mapping[str, str] | None) -> bool:
    return headers is not None and any(marker in headers for marker in _MARKERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`revision` grows with every write to the bucket; `at`: epoch seconds; `deleted`: the key is gone."""

    key: str
    value: bytes
    revision: int
    at: float
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """`revision`: what the newest word about the key must have (0: there is none); None if that does not matter.

    `deletes` leaves a marker until the bucket's age.
    """

    key: str
    value: bytes = b""
    revision: int | None = None
    deletes: bool = False

    @property
    def headers(self) -> dict[str, str] | None:
        headers = {OPERATION: "DEL"} if self.deletes else {}
        if self.revision is not None:
            headers[EXPECTED_SEQUENCE] = str(self.revision)
        return headers or None


class _StoredMessage(msgspec.Struct):
    subject: str
    seq: int
    time: str
    data: str = ""
    hdrs: str = ""


class _Message(msgspec.Struct):
    message: _StoredMessage


class Bucket:
    """Keys must have been checked: what is given here becomes part of a subject. All raise StoreUnavailable."""

    def __init__(self, connection: NatsConnection, spec: StreamSpec) -> None:
        self.stream: Stream = connection.require(spec)
        self._connection = connection
        self._prefix = f"$KV.{spec.name.removeprefix('KV_')}."

    def key_of(self, subject: str) -> str:
        return subject.removeprefix(self._prefix)

    async def read(self, key: str) -> Entry | None:
        """The newest word about `key`, which may be that it was deleted.

        A replica that is behind is not believed when it says that there is nothing.
        """
        record = await last(self._connection, self.stream, self._prefix + key)
        if record is None:
            return await self.read_from_leader(key) if self.stream.is_replicated else None
        return Entry(
            key=key,
            value=record.data,
            revision=record.sequence,
            at=record.at,
            deleted=is_marker(record.headers),
        )

    async def read_from_leader(self, key: str) -> Entry | None:
        """Like `read`, certain to see every write that was acknowledged before."""
        return await self._from_leader({"last_by_subj": self._prefix + key})

    async def read_matching(self, patterns: Sequence[str]) -> list[Entry]:
        """Every key that matches and is not deleted, in one or two round trips however many there are."""
        entries = await self.read_all(patterns)
        if not entries and self.stream.is_replicated:
            entries = [entry for pattern in patterns for entry in await self._scan_leader(self._prefix + pattern)]
        return [entry for entry in entries if not entry.deleted]

    async def read_all(self, patterns: Sequence[str]) -> list[Entry]:
        """The newest word about every key that matches, as some replica knows it."""
        subjects = [self._prefix + pattern for pattern in patterns]
        return [
            Entry(
                key=self.key_of(record.subject),
                value=record.data,
                revision=record.sequence,
                at=record.at,
                deleted=is_marker(record.headers),
            )
            for record in await newest_of_each(self._connection, self.stream, subjects)
        ]

    async def _scan_leader(self, subject: str) -> list[Entry]:
        found: dict[str, Entry] = {}
        sequence = 1
        while (entry := await self._from_leader({"seq": sequence, "next_by_subj": subject})) is not None:
            found[entry.key] = entry
            sequence = entry.revision + 1
        return list(found.values())

    async def _from_leader(self, question: dict[str, object]) -> Entry | None:
        link = await self._connection.ready(self.stream)
        try:
            found = (await call(link, f"STREAM.MSG.GET.{self.stream.name}", question, _Message)).message
        except ApiRefused as refused:
            if refused.err_code == _NO_MESSAGE:
                return None
            raise StoreUnavailable from refused
        return Entry(
            key=self.key_of(found.subject),
            value=base64.b64decode(found.data),
            revision=found.seq,
            at=nanoseconds(found.time) / 1e9,
            deleted=any(marker.encode() in base64.b64decode(found.hdrs) for marker in _MARKERS),
        )

    async def put(self, key: str, value: bytes) -> int:
        """The new revision."""
        return (await store(self._connection, self.stream, self._prefix + key, value)).seq

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """Only if the newest word about the key has `revision` (0: there is none). Raises Conflict."""
        headers = Write(key, value, revision).headers
        return (await store(self._connection, self.stream, self._prefix + key, value, headers)).seq

    async def write_all(self, writes: Sequence[Write]) -> list[int | None]:
        """The new revisions, in one round trip; None where the key's newest word had another revision."""
        messages = [Outgoing(self._prefix + write.key, write.value, write.headers) for write in writes]
        stored = await store_all(self._connection, self.stream, messages)
        return [one.seq if one is not None else None for one in stored]

    async def delete(self, key: str) -> int:
        """Leaves a marker until the bucket's age."""
        headers = Write(key, deletes=True).headers
        return (await store(self._connection, self.stream, self._prefix + key, b"", headers)).seq
