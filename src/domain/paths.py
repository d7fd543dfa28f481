"""The one canonical form of a proxied path: what was authorised is byte for byte what is forwarded (D5)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from domain.errors import PathRefused

_RAW_TARGET = re.compile(rb"[\x21\x24-\x3b\x3d\x40-\x5b\x5d\x5f\x61-\x7a\x7e\x22\x3c\x3e\x5e\x60\x7b-\x7d]*")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL_OR_BACKSLASH = re.compile(r"[\x00-\x1f\x7f\\]")
_MAX_DECODINGS = 4


@dataclass(frozen=True, slots=True)
class ProxyPath:
    """A path below `/noetl/` (or `/api/`), without query.

    `raw` is what is forwarded. `segments` is how a server reads it that decodes once and then splits at slashes,
    which is what the policy looks at. `deeper` holds the readings of servers that decode again, if they differ.
    """

    raw: bytes
    segments: tuple[str, ...]
    deeper: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def parse(cls, raw: bytes) -> "ProxyPath":
        """`raw`: the path as it was received, percent-encoded.

        Raises:
            PathRefused: for dot segments in any spelling, backslashes, control characters, broken escapes,
                bytes that are no UTF-8, `#`, and anything that no path may hold.
        """
        if b"%" not in raw and _PLAIN.fullmatch(raw):
            return cls(raw, _segments(raw.decode("ascii")))
        if not _RAW_TARGET.fullmatch(raw.replace(b"%", b"")) or _BROKEN_ESCAPE.search(raw):
            raise PathRefused
        readings = [_segments(text) for text in _decodings(raw)]
        distinct = tuple(dict.fromkeys(reading for reading in readings[1:] if reading != readings[0]))
        return cls(raw, readings[0], distinct)


# Each segment but the last ends with its slash: no two ways to match, so no time to lose on hostile paths.
_PLAIN = re.compile(rb"(?:[A-Za-z0-9_~-][A-Za-z0-9_~.-]*/)*(?:[A-Za-z0-9_~-][A-Za-z0-9_~.-]*)?")


def tolerant_reading(segments: Sequence[str]) -> tuple[str, ...]:
    """`segments` as servers take them that ignore case, cut `;parameters` and drop what is empty then."""
    plain = (part.split(";", 1)[0].strip().casefold() for part in segments)
    return tuple(part for part in plain if part)


def _decodings(raw: bytes) -> list[str]:
    """`raw` decoded once, twice, ... until nothing changes any more."""
    texts: list[str] = []
    current = raw
    for _ in range(_MAX_DECODINGS):
        decoded = unquote_to_bytes(current)
        try:
            # What is no UTF-8 after a second decoding still may hold dot segments for a careless reader.
            texts.append(decoded.decode("utf-8", "replace" if texts else "strict"))
        except UnicodeDecodeError:
            raise PathRefused from None
        if decoded == current:
            return texts
        current = decoded
    raise PathRefused


def _segments(text: str) -> tuple[str, ...]:
    if _CONTROL_OR_BACKSLASH.search(text):
        raise PathRefused
    segments = tuple(part for part in text.split("/") if part)
    # A parameter (`..;x`) is cut off by some servers before they resolve dots.
    if any(part.split(";", 1)[0].strip() in (".", "..") for part in segments):
        raise PathRefused
    return segments
