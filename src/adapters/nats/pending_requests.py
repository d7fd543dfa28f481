"""Pending requests in a key-value bucket, found by request, by execution and by client (D43).

`<request>` holds the record; `x.<execution>.<request>` and `c.<client>.<request>` point to it. The pointers are
objects without the record's members, which the former gateway's scan of the bucket passes over.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from adapters.nats.buckets import Bucket, Write
from adapters.nats.connection import NatsConnection
from adapters.nats.keys import is_part
from adapters.nats.options import NatsStorage
from adapters.nats.publishing import Conflict
from adapters.nats.request_records import decode, encode
from adapters.nats.streams import bucket_spec
from domain.callbacks import PendingRequest
from domain.clients import ClientId
from domain.errors import StoreUnavailable

_ATTEMPTS = 8
_REMEMBERED = 10_000


class NatsPendingRequests:
    """A lookup costs one round trip when nothing is found and two otherwise, however many are pending."""

    def __init__(self, connection: NatsConnection, storage: NatsStorage) -> None:
        spec = bucket_spec(
            storage.request_bucket,
            storage,
            ttl=storage.request_ttl,
            description="Pending playbook execution requests for callback routing",
            value_bytes=4096,
            ours=False,
        )
        self._bucket = Bucket(connection, spec)
        self._written: dict[str, _Written] = {}

    async def add(self, request: PendingRequest) -> None:
        _check(request)
        written = await self._bucket.write_all([Write(request.request_id, encode(request)), *_pointers(request)])
        self._remember(request, written[0])

    async def save(self, request: PendingRequest) -> None:
        _check(request)
        merged = await self._saved_in_one_go(request) or await self._merge(request)
        if _is_over(merged) and not _is_over(request):
            await self._bucket.write_all(_pointers(merged))

    async def _saved_in_one_go(self, request: PendingRequest) -> PendingRequest | None:
        """With what this process wrote last as the record that stands. None if it is not, or is forgotten; the
        pointers are written all the same.
        """
        pointers = _pointers(request)
        known = self._written.pop(request.request_id, None)
        if known is None:
            if pointers:
                await self._bucket.write_all(pointers)
            return None
        merged = request.saved_over(known.request)
        written = await self._bucket.write_all([Write(request.request_id, encode(merged), known.revision), *pointers])
        if written[0] is None:
            return None
        self._remember(merged, written[0])
        return merged

    async def discard(self, request: PendingRequest) -> None:
        _check(request)
        self._written.pop(request.request_id, None)
        keys = [request.request_id, _client_key(request)]
        if is_part(request.execution_id):
            keys.append(_execution_key(request))
        await self._bucket.write_all([Write(key, deletes=True) for key in keys])

    async def get(self, request_id: str) -> PendingRequest | None:
        entry = await self._bucket.read(request_id) if is_part(request_id) else None
        return decode(entry.value, request_id) if entry is not None and not entry.deleted else None

    async def of_execution(self, execution_id: str) -> Sequence[PendingRequest]:
        if not is_part(execution_id):
            return ()
        return await self._pointed_to(f"x.{execution_id}.*")

    async def of_client(self, client_id: ClientId) -> Sequence[PendingRequest]:
        if not is_part(str(client_id)):
            return ()
        return [request for request in await self._pointed_to(f"c.{client_id}.*") if not _is_over(request)]

    async def _merge(self, request: PendingRequest) -> PendingRequest:
        """Writes the record without undoing what others have written. The record that stands then."""
        for _ in range(_ATTEMPTS):
            revision, stored = await self._stored(request.request_id)
            merged = request.saved_over(stored) if stored is not None else request
            try:
                revision = await self._bucket.update(request.request_id, encode(merged), revision)
            except Conflict:
                continue
            self._remember(merged, revision)
            return merged
        raise StoreUnavailable

    async def _stored(self, request_id: str) -> tuple[int, PendingRequest | None]:
        entry = await self._bucket.read_from_leader(request_id)
        if entry is None or entry.deleted:
            return (entry.revision if entry else 0), None
        return entry.revision, decode(entry.value, request_id)

    def _remember(self, request: PendingRequest, revision: int | None) -> None:
        """What this process wrote last need not be read before it is written again."""
        if revision is not None:
            self._written[request.request_id] = _Written(revision, request)
        while len(self._written) > _REMEMBERED:
            del self._written[next(iter(self._written))]

    async def _pointed_to(self, pattern: str) -> list[PendingRequest]:
        pointers = await self._bucket.read_matching([pattern])
        request_ids = [pointer.key.rpartition(".")[2] for pointer in pointers]
        if len(request_ids) <= 1:
            alone = await self.get(request_ids[0]) if request_ids else None
            return [alone] if alone is not None else []
        entries = await self._bucket.read_matching(request_ids)
        found = [decode(entry.value, entry.key) for entry in entries]
        return sorted((request for request in found if request), key=lambda request: request.created_at)


class _Written(NamedTuple):
    revision: int
    request: PendingRequest


def _pointers(request: PendingRequest) -> list[Write]:
    if not request.execution_id:
        return []
    pointer = msgspec.json.encode({"request_id": request.request_id})
    for_client = _client_key(request)
    writes = [Write(for_client, deletes=True) if _is_over(request) else Write(for_client, pointer)]
    if is_part(request.execution_id):
        writes.append(Write(_execution_key(request), pointer))
    return writes


def _check(request: PendingRequest) -> None:
    """Raises ValueError for ids that would mean something else to NATS (D6); none is made like that."""
    if not is_part(request.request_id) or not is_part(request.client_id):
        raise ValueError("an id of the pending request cannot be part of a key")


def _execution_key(request: PendingRequest) -> str:
    return f"x.{request.execution_id}.{request.request_id}"


def _client_key(request: PendingRequest) -> str:
    return f"c.{request.client_id}.{request.request_id}"


def _is_over(request: PendingRequest) -> bool:
    return request.answered or request.ended
