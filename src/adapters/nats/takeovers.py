"""Who serves a client: the connection that claimed it last, on whichever replica.

A claim is a write to the clients' bucket, so all claims of a client have one order; who holds an older one yields
when it hears of a newer one. A process that has heard every word about the clients it handed out knows when nobody
else has ever claimed one of them, and then needs no claim of its own.
"""

import asyncio
import logging
from collections import OrderedDict

import msgspec

from adapters.nats.attachments import Attachment, Attachments
from adapters.nats.buckets import Bucket
from adapters.nats.connection import NatsConnection
from adapters.nats.control_messages import Control, Taken, headers_of, taken_in
from adapters.nats.options import NatsStorage
from adapters.nats.streams import LIVE, client_bucket_spec
from adapters.nats.waiting import first_of
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)
_AT_ONCE = 64
_REMEMBERED = 20_000


class Takeovers:
    def __init__(self, connection: NatsConnection, storage: NatsStorage, attachments: Attachments, home: str) -> None:
        self._bucket = Bucket(connection, client_bucket_spec(storage))
        self._connection = connection
        self._attachments = attachments
        self._own = f"{home}."
        self._claimed_elsewhere: OrderedDict[str, bool] = OrderedDict()
        self._heard_all = True
        self._waiting: dict[Attachment, None] = {}
        self._wanted = asyncio.Event()

    async def attached(self, attachment: Attachment) -> None:
        """Returns with the claim made, so that whoever comes later has a later one; never fails."""
        client = attachment.client
        heard_all = self._heard_all and self._connection.is_connected
        if heard_all and client.startswith(self._own) and client not in self._claimed_elsewhere:
            return
        self._waiting[attachment] = None
        try:
            await self._claim(attachment)
        except StoreUnavailable:
            self._wanted.set()

    async def detached(self, attachment: Attachment, *, replaced: bool) -> None:
        """Tells the client's home that nobody serves it now; never raises."""
        self._waiting.pop(attachment, None)
        if not replaced and not attachment.client.startswith(self._own):
            await self._tell(attachment.client, Control.LEFT, Taken(attachment.token))

    def served_elsewhere(self, client: str) -> bool:
        return self._claimed_elsewhere.get(client, False)

    def heard_taken(self, client: str, taken: Taken) -> None:
        attachment = self._attachments.get(client)
        generation = (taken.created, taken.revision)
        if attachment is None:
            self._remember(client, served=True)
        elif attachment.token == taken.token:
            return
        elif attachment in self._waiting:
            attachment.superseded_by = max(attachment.superseded_by, generation)
            self._remember(client, served=False)
        elif generation > attachment.claimed:
            self._remember(client, served=True)
            self._attachments.give_up(attachment)

    def heard_left(self, client: str) -> None:
        if client in self._claimed_elsewhere:
            self._claimed_elsewhere[client] = False

    def missed_some(self) -> None:
        self._heard_all = False

    async def run(self) -> None:
        """Until cancelled. Raises StoreUnavailable when claims are not taken by a store that is there."""
        async for link in self._connection.links(self._bucket.stream):
            try:
                await self._look_at_claims()
                while not link.lost.is_set():
                    await self._claim_all()
                    await first_of(self._wanted, link.lost)
            except StoreUnavailable:
                if not link.lost.is_set():
                    raise
            finally:
                self.missed_some()

    async def _look_at_claims(self) -> None:
        """What was claimed while nothing could be heard."""
        settled = {self._key(one.client): one for one in self._attachments if one not in self._waiting}
        for entry in await self._bucket.read_all(tuple(settled)) if settled else ():
            taken = taken_in(entry.value)
            if taken is not None:
                client = settled[entry.key].client
                self.heard_taken(client, Taken(taken.token, self._created, entry.revision))

    async def _claim_all(self) -> None:
        self._wanted.clear()
        while self._waiting:
            some = list(self._waiting)[:_AT_ONCE]
            await asyncio.gather(*(self._claim(attachment) for attachment in some))

    async def _claim(self, attachment: Attachment) -> None:
        value = msgspec.json.encode(Taken(attachment.token))
        revision = await self._bucket.put(self._key(attachment.client), value)
        if attachment not in self._waiting:
            return  # it has ended meanwhile, or was claimed twice
        del self._waiting[attachment]
        attachment.claimed = (self._created, revision)
        if attachment.superseded_by > attachment.claimed:
            self._remember(attachment.client, served=True)
            self._attachments.give_up(attachment)
        elif self._attachments.holds(attachment):
            await self._tell(attachment.client, Control.TAKEN, Taken(attachment.token, *attachment.claimed))

    async def _tell(self, client: str, kind: Control, taken: Taken) -> None:
        try:
            await self._connection.publish(f"{LIVE}.{client}", msgspec.json.encode(taken), headers=headers_of(kind))
        except StoreUnavailable:
            log.debug("other processes will learn of a %s client from the bucket", kind.value)

    def _remember(self, client: str, *, served: bool) -> None:
        self._claimed_elsewhere[client] = served
        self._claimed_elsewhere.move_to_end(client)
        if len(self._claimed_elsewhere) > _REMEMBERED:
            self._claimed_elsewhere.popitem(last=False)
            self.missed_some()

    def _key(self, client: str) -> str:
        return f"t.{client}"

    @property
    def _created(self) -> str:
        info = self._bucket.stream.info
        return info.created if info is not None else ""
