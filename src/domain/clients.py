"""Clients: the browser pages that frames are delivered to."""

import re
from dataclasses import dataclass

from domain.events import EventId

_CLIENT_ID = re.compile(r"([a-z0-9]{4,32})-([A-Za-z0-9]{16,64})", re.ASCII)
_CURSOR = re.compile(r"([A-Za-z0-9]{1,32})(?:_([a-z0-9]{4,32})_([A-Za-z0-9]{16,64}))?-([0-9]{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ClientId:
    """`home` names the process that handed the id out; frames find their way by it."""

    home: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "ClientId | None":
        match = _CLIENT_ID.fullmatch(text)
        return cls(match[1], match[2]) if match else None

    def __str__(self) -> str:
        return f"{self.home}-{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """`position`: everything up to it has certainly reached the client; a bare reconnect resumes after it."""

    client_id: ClientId
    user_id: int
    position: EventId


@dataclass(frozen=True, slots=True)
class Cursor:
    """How a position is written for clients: `<epoch>-<offset>`, the epoch naming the client too.

    A browser that reconnects by itself repeats its first URL, which knew no client id, but it does send the id
    of the last event: so that alone must tell whose stream it was.
    """

    position: EventId
    client_id: ClientId | None

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        match = _CURSOR.fullmatch(text)
        if match is None:
            return None
        client_id = ClientId(match[2], match[3]) if match[2] else None
        return cls(EventId(match[1], int(match[4])), client_id)

    def __str__(self) -> str:
        if self.client_id is None:
            return str(self.position)
        return f"{self.position.epoch}{between(self.client_id)}{self.position.offset}"


def between(client_id: ClientId) -> str:
    """What a cursor that names the client has between the epoch and the offset of its position."""
    return f"_{client_id.home}_{client_id.name}-"
