"""The stored frames of all clients, one ordered line for each."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from adapters.nats.connection import NatsConnection
from adapters.nats.direct_reads import Record, at_sequence, following
from adapters.nats.frame_messages import RESULT, headers_of, stored_frame
from adapters.nats.jetstream_api import ApiRefused, call
from adapters.nats.newest_position import NewestPosition
from adapters.nats.options import NatsStorage
from adapters.nats.oversized_results import OversizedResults, Reference
from adapters.nats.publishing import Stored, store
from adapters.nats.stream_info import StreamInfo
from adapters.nats.streams import CLIENTS, client_stream_spec
from domain.errors import StoreUnavailable
from domain.events import EventId, Frame, StoredFrame
from domain.frame_text import frame_text
from domain.json_values import RawJson
from domain.ports.client_streams import Replay

log = logging.getLogger(__name__)
_HEADERS = 1024
"""Bytes of a message that headers may need."""
_BEHIND = (0.02, 0.05, 0.1, 0.3)
"""Seconds to wait for a replica that has not the newest frames yet."""


_NO_MESSAGE = 10037


class _Sequence(msgspec.Struct):
    seq: int


class _NewestMessage(msgspec.Struct):
    message: _Sequence


@dataclass(frozen=True, slots=True)
class _Message:
    subject: str
    headers: dict[str, str]
    text: bytes
    elsewhere: Reference | None = None


class ClientHistory:
    """`client` is `<home>.<name>`, checked. All raise StoreUnavailable."""

    def __init__(self, connection: NatsConnection, storage: NatsStorage) -> None:
        self.stream = connection.require(client_stream_spec(storage))
        self._connection = connection
        self._results = OversizedResults(connection, storage)
        self.newest = NewestPosition(self._position, lambda: self.epoch)

    @property
    def epoch(self) -> str | None:
        """That of live frames; None while it is not known which stream they come from."""
        return self.stream.info.epoch if self.stream.info is not None and self.stream.ready.is_set() else None

    async def _position(self) -> EventId:
        info = await self._info(None)
        return EventId(info.epoch, info.state.last_seq)

    async def publish(self, client: str, frames: Sequence[Frame]) -> None:
        messages = [await self._message(client, frame) for frame in frames]
        if len(messages) == 1 or self.stream.is_replicated:
            # While a cluster changes its leader, one message can be lost and the next be stored.
            for message in messages:
                await self._store(message)
        else:
            await asyncio.gather(*(self._store(message) for message in messages))

    async def _message(self, client: str, frame: Frame) -> _Message:
        """What has to be stored elsewhere is stored then, so that the frames keep their order."""
        event, text = frame_text(frame.body)
        headers = headers_of(frame, event, client)
        subject = f"{CLIENTS}.{client}"
        if len(text) + _HEADERS <= self._connection.link.client.max_payload:
            return _Message(subject, headers, text)
        reference = await self._results.put(text)
        return _Message(subject, {**headers, RESULT: str(reference)}, b"", reference)

    async def _store(self, message: _Message) -> None:
        stored = await self._store_once(message.subject, message.text, message.headers)
        if stored.duplicate and message.elsewhere is not None:
            await self._results.discard(message.elsewhere)

    async def _store_once(self, subject: str, text: bytes, headers: dict[str, str]) -> Stored:
        try:
            return await store(self._connection, self.stream, subject, text, headers)
        except StoreUnavailable:
            if not self.stream.is_replicated or not self._connection.is_connected:
                raise
            # It may have gone down with its leader, or not; its id makes a second one harmless.
            return await store(self._connection, self.stream, subject, text, headers)

    async def replay(self, client: str, after: EventId) -> Replay:
        subject = f"{CLIENTS}.{client}"
        info = await self._info(subject)
        now = EventId(info.epoch, info.state.last_seq)
        if not await self._can_go_on_after(after, subject, info):
            return Replay(frames=(), reached=now, complete=False)
        records = await self._up_to_date(subject, after.offset)
        frames: list[StoredFrame] = []
        for record in records:
            frame = await self.whole(record.headers, record.data, info.epoch, live=False)
            if frame is None:
                return Replay(frames=(), reached=now, complete=False)
            frames.append(frame)
        reached = max(now.offset, frames[-1].id.offset) if frames else max(now.offset, after.offset)
        return Replay(frames=frames, reached=EventId(info.epoch, reached))

    async def whole(self, headers: dict[str, str], data: bytes, epoch: str, *, live: bool) -> StoredFrame | None:
        """The frame with its text, wherever that is kept; None when the text has expired."""
        frame = stored_frame(headers, data, epoch, live=live)
        reference = Reference.parse(headers.get(RESULT, ""))
        if reference is None:
            return frame
        text = await self._results.get(reference)
        return replace(frame, data=RawJson(text)) if text is not None else None

    async def _can_go_on_after(self, after: EventId, subject: str, info: StreamInfo) -> bool:
        """Whether nothing of this client that came after the position can have been removed.

        Age and size remove the oldest messages of the stream, so all is there if the stream begins early enough;
        the bound on the client's own messages shows in their number.
        """
        state = info.state
        if after.epoch != info.epoch or after.offset > state.last_seq:
            return False
        kept = (state.subjects or {}).get(subject, 0)
        bound = info.config.max_msgs_per_subject
        if state.first_seq <= after.offset + 1 and (bound <= 0 or kept < bound):
            return True
        reached = await at_sequence(self._connection, self.stream, after.offset) if after.offset > 0 else None
        return reached is not None and reached.subject == subject

    async def _up_to_date(self, subject: str, offset: int) -> list[Record]:
        newest = await self._newest(subject) if self.stream.is_replicated else 0
        for pause in (*_BEHIND, None):
            records = await following(self._connection, self.stream, subject, offset + 1)
            if newest <= max(offset, records[-1].sequence if records else 0):
                return records
            if pause is not None:
                await asyncio.sleep(pause)
        raise StoreUnavailable

    async def _newest(self, subject: str) -> int:
        """As the leader knows it; the replica that answers direct reads may be a moment behind."""
        link = await self._connection.ready(self.stream)
        question = {"last_by_subj": subject}
        try:
            return (await call(link, f"STREAM.MSG.GET.{self.stream.name}", question, _NewestMessage)).message.seq
        except ApiRefused as refused:
            if refused.err_code == _NO_MESSAGE:
                return 0
            raise StoreUnavailable from refused

    async def _info(self, subject: str | None) -> StreamInfo:
        question = {"subjects_filter": subject} if subject is not None else None
        for _ in range(2):
            link = await self._connection.ready(self.stream)
            try:
                return await call(link, f"STREAM.INFO.{self.stream.name}", question, StreamInfo)
            except ApiRefused as refused:
                log.info("the clients' stream is looked for again: %s", refused.description)
                self._connection.doubt(self.stream)
        raise StoreUnavailable
