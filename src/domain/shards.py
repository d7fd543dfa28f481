"""Which NoETL server owns an execution (wire 7.4)."""

import re
from collections.abc import Sequence

_MASK = (1 << 64) - 1
_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
_INT64 = re.compile(r"[+-]?[0-9]+", re.ASCII)


def xxh64_of_int64(value: int) -> int:
    """XXH64, seed 0, of the eight little-endian bytes of a signed 64-bit integer."""
    lane = value & _MASK
    lane = lane * _P2 & _MASK
    lane = _rotated(lane, 31) * _P1 & _MASK
    mixed = (_P5 + 8) ^ lane
    mixed = (_rotated(mixed, 27) * _P1 + _P4) & _MASK
    mixed = (mixed ^ mixed >> 33) * _P2 & _MASK
    mixed = (mixed ^ mixed >> 29) * _P3 & _MASK
    return mixed ^ mixed >> 32


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _MASK


def shard_of(execution_id: int, shard_count: int) -> int:
    return xxh64_of_int64(execution_id) % shard_count if shard_count > 1 else 0


def parse_int64(text: str) -> int | None:
    """The integer in ASCII digits with an optional sign, None for anything else or out of range."""
    if not _INT64.fullmatch(text) or len(text) > 32:
        return None
    value = int(text)
    return value if -(1 << 63) <= value < 1 << 63 else None


def execution_id_in_path(segments: Sequence[str]) -> int | None:
    """The id in `executions/<id>...` or `vars/<id>...`; `segments` as they follow `/noetl/`, decoded."""
    if len(segments) >= 2 and segments[0] in ("executions", "vars"):
        return parse_int64(segments[1])
    return None
