"""base64url as RFC 7515 wants it: no padding, no foreign character, one spelling for each value."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


def decode_base64url(text: str) -> bytes:
    """Raises ValueError for padding, anything outside the alphabet, empty text, and stray trailing bits."""
    if not _ALPHABET.fullmatch(text):
        raise ValueError("not base64url")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # Unused bits of the last character must be zero, or one signature has several spellings.
    if urlsafe_b64encode(data).rstrip(b"=") != text.encode("ascii"):
        raise ValueError("not canonical base64url")
    return data
