"""What may become part of a subject or key: `*`, `>`, dots, blanks and line ends mean something to NATS (D6)."""

import hashlib
import re

from domain.clients import ClientId

_PART = re.compile(r"[A-Za-z0-9_=-]{1,128}", re.ASCII)


def is_part(text: str) -> bool:
    """May `text` be one dot-separated part of a subject or key?"""
    return _PART.fullmatch(text) is not None


def checked_prefix(text: str) -> str:
    """`text`, without a final dot, that subjects may begin with. Raises ValueError."""
    prefix = text.removesuffix(".")
    if not all(is_part(part) for part in prefix.split(".")):
        raise ValueError("a NATS subject prefix consists of letters, digits, `_`, `-` and single dots")
    return prefix


def hashed(secret: str) -> str:
    """A key that tells nothing of `secret` and takes any text."""
    return hashlib.sha256(secret.encode()).hexdigest()


def client_parts(client_id: ClientId) -> str:
    """`<home>.<name>`. Raises ValueError for an id that `ClientId.parse` would not have made."""
    if ClientId.parse(str(client_id)) != client_id:
        raise ValueError("not a client id")
    return f"{client_id.home}.{client_id.name}"
