"""Which execution a body of events is about (wire 7.4)."""

import msgspec

from domain.shards import parse_int64


class _Event(msgspec.Struct):
    execution_id: str | int | None = None


_decode = msgspec.json.Decoder(_Event).decode


def execution_in_body(body: bytes) -> int | None:
    """The top-level `execution_id` of a JSON object, as decimal text or integer; None for anything else."""
    try:
        found = _decode(body).execution_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return parse_int64(str(found)) if found is not None else None
