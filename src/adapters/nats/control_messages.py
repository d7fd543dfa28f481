"""Words between processes about a client, on the subject that its frames are delivered on."""

from enum import Enum

import msgspec
from nats.aio.msg import Msg

_KIND = "Gateway-Control"


class Control(Enum):
    ANNOUNCED = "announced"
    """The response that names a request is out. Payload: the request id."""
    TAKEN = "taken"
    """A connection has taken the client over. Payload: Taken."""
    LEFT = "left"
    """A connection that had taken the client over has ended."""
    PRESENCE = "presence"
    """Who serves the client, or knows that nobody does, answers YES or NO."""


YES, NO = b"1", b"0"
_KINDS = {kind.value: kind for kind in Control}


class Taken(msgspec.Struct, frozen=True):
    """`token` tells the connection from all others; `created` and `revision` put its claim in order."""

    token: str
    created: str = ""
    revision: int = 0


def headers_of(kind: Control) -> dict[str, str]:
    return {_KIND: kind.value}


def kind_of(message: Msg) -> Control | None:
    """None for a frame, and for words of a later version."""
    return _KINDS.get(message.headers.get(_KIND, "")) if message.headers else None


def taken_in(payload: bytes) -> Taken | None:
    try:
        return msgspec.json.decode(payload, type=Taken)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
