"""Results too large for a message, in the layout of a JetStream object store (`nats object ls` shows them).

nats-py's own object store opens a consumer for each read; here the chunks are read directly.
"""

import asyncio
import base64
import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from adapters.nats.connection import NatsConnection
from adapters.nats.direct_reads import following
from adapters.nats.options import NatsStorage
from adapters.nats.publishing import store
from adapters.nats.streams import result_bucket_spec
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)
_CHUNK = 128 * 1024
_AT_ONCE = 8
_READ_BYTES = 8 * _CHUNK
_READ_AT_ONCE = 4
_BEHIND = (0.05, 0.2, 0.5)
"""Seconds to wait for a replica that has not all chunks yet."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`size` in bytes, `digest` the hex SHA-256 of the text."""

    name: str
    size: int
    digest: str

    @classmethod
    def parse(cls, text: str) -> "Reference | None":
        name, _, rest = text.partition(" ")
        size, _, digest = rest.partition(" ")
        return cls(name, int(size), digest) if name.isalnum() and size.isdigit() and digest else None

    def __str__(self) -> str:
        return f"{self.name} {self.size} {self.digest}"


class OversizedResults:
    """All raise StoreUnavailable."""

    def __init__(self, connection: NatsConnection, storage: NatsStorage) -> None:
        self._connection = connection
        self._bucket = storage.result_bucket
        self._stream = connection.require(result_bucket_spec(storage))
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)

    async def put(self, text: bytes) -> Reference:
        digest = await asyncio.to_thread(hashlib.sha256, text)
        reference = Reference(secrets.token_hex(11), len(text), digest.hexdigest())
        chunks = [text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK)]
        for start in range(0, len(chunks), _AT_ONCE):
            await self._write(reference, chunks[start : start + _AT_ONCE])
        await self._describe(reference, len(chunks), digest.digest())
        return reference

    async def get(self, reference: Reference) -> bytes | None:
        """None when it is not there any more, at least not whole."""
        for pause in (*_BEHIND, None):
            async with self._reading:
                records = await following(self._connection, self._stream, self._chunks(reference), 1, _READ_BYTES)
                text = b"".join(record.data for record in records)
                digest = await asyncio.to_thread(hashlib.sha256, text)
            if len(text) == reference.size and digest.hexdigest() == reference.digest:
                return text
            if pause is None or not self._stream.is_replicated:
                break
            await asyncio.sleep(pause)
        return None

    async def discard(self, reference: Reference) -> None:
        """Never raises: what stays is gone with the bucket's age."""
        question = msgspec.json.encode({"filter": self._chunks(reference)})
        try:
            await self._connection.request(f"$JS.API.STREAM.PURGE.{self._stream.name}", question)
        except StoreUnavailable:
            log.info("an oversized result that nobody needs stays until it expires")

    async def _write(self, reference: Reference, chunks: list[bytes]) -> None:
        subject = self._chunks(reference)
        # Written in the order in which they are started: one connection, one stream.
        await asyncio.gather(*(store(self._connection, self._stream, subject, chunk) for chunk in chunks))

    async def _describe(self, reference: Reference, chunks: int, digest: bytes) -> None:
        description = {
            "name": reference.name,
            "bucket": self._bucket,
            "nuid": reference.name,
            "size": reference.size,
            "chunks": chunks,
            "mtime": datetime.now(UTC).isoformat(),
            "digest": f"SHA-256={base64.urlsafe_b64encode(digest).decode()}",
            "options": {"max_chunk_size": _CHUNK},
        }
        name = base64.urlsafe_b64encode(reference.name.encode()).decode()
        subject = f"$O.{self._bucket}.M.{name}"
        await store(self._connection, self._stream, subject, msgspec.json.encode(description), {"Nats-Rollup": "sub"})

    def _chunks(self, reference: Reference) -> str:
        return f"$O.{self._bucket}.C.{reference.name}"
