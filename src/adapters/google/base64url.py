"""base64url as RFC 7515 wants it: no padding, no foreign character, one spelling for each value."""

import base64
import re

_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


def decoded(text: str) -> bytes:
    """Raises ValueError for everything else, empty text included."""
    if not _ALPHABET.fullmatch(text):
        raise ValueError("not base64url")
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # Stray bits at the end would give one signature several spellings.
    if base64.urlsafe_b64encode(value).rstrip(b"=") != text.encode("ascii"):
        raise ValueError("not canonical base64url")
    return value
