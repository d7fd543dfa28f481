"""Makes sure that streams exist, on every new connection: a restarted server with memory storage has lost them."""

import logging
from collections.abc import Mapping

import msgspec

from adapters.nats.jetstream_api import ApiRefused, call
from adapters.nats.link import Link
from adapters.nats.stream_info import StreamInfo
from adapters.nats.streams import Stream, StreamSpec
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)
_NOT_FOUND = 10059
_NAME_IN_USE = 10058
_NO_ROOM = frozenset({10028, 10047})
_LEAST_BYTES = 16 * 1024 * 1024


class _Found(msgspec.Struct):
    config: dict[str, object]


async def ensure(link: Link, stream: Stream) -> None:
    """Leaves the stream `ready`, or its `trouble` saying why it is not."""
    try:
        stream.found(await _ensured(link, stream.spec))
    except ApiRefused as refused:
        stream.trouble = f"NATS refuses the stream {stream.name}: {refused.description}"
    except StoreUnavailable:
        stream.trouble = f"NATS does not answer about the stream {stream.name}"


async def _ensured(link: Link, spec: StreamSpec) -> StreamInfo:
    try:
        return await _existing(link, spec)
    except ApiRefused as refused:
        if refused.err_code != _NOT_FOUND:
            raise
    try:
        return await _created(link, spec.name, spec.config)
    except ApiRefused as refused:
        if refused.err_code != _NAME_IN_USE:
            raise
        return await _existing(link, spec)  # another replica was faster


async def _created(link: Link, name: str, config: Mapping[str, object]) -> StreamInfo:
    """With half the bytes, again and again, where the server has not room for so many."""
    try:
        info = await call(link, f"STREAM.CREATE.{name}", config, StreamInfo)
    except ApiRefused as refused:
        limit = config.get("max_bytes")
        if refused.err_code not in _NO_ROOM or not isinstance(limit, int) or limit // 2 < _LEAST_BYTES:
            raise
        log.warning("NATS has no room for %d bytes of stream %s; half of it is tried", limit, name)
        return await _created(link, name, {**config, "max_bytes": limit // 2})
    log.info("created the stream %s", name)
    return info


async def _existing(link: Link, spec: StreamSpec) -> StreamInfo:
    answer = await call(link, f"STREAM.INFO.{spec.name}", None, msgspec.Raw)
    info = msgspec.json.decode(answer, type=StreamInfo)
    config = msgspec.json.decode(answer, type=_Found).config
    wanted = _wanted(spec)
    if all(config.get(key) == value for key, value in wanted.items()):
        return info
    try:
        return await _updated(link, spec.name, config, wanted)
    except ApiRefused as refused:
        if not info.config.allow_direct or ("republish" in wanted and "republish" not in config):
            raise
        log.warning("the stream %s is used as it is: %s", spec.name, refused.description)
        return info


async def _updated(link: Link, name: str, found: Mapping[str, object], wanted: Mapping[str, object]) -> StreamInfo:
    """With the bytes it has, where the server has not room for more."""
    try:
        return await call(link, f"STREAM.UPDATE.{name}", {**found, **wanted}, StreamInfo)
    except ApiRefused as refused:
        if refused.err_code not in _NO_ROOM or "max_bytes" not in wanted:
            raise
        config = {**found, **wanted, "max_bytes": found.get("max_bytes", -1)}
        return await call(link, f"STREAM.UPDATE.{name}", config, StreamInfo)


def _wanted(spec: StreamSpec) -> dict[str, object]:
    """What must be so; a stream's storage cannot change, and a foreign one only has to allow direct reads."""
    if not spec.ours:
        return {"allow_direct": True}
    return {key: value for key, value in spec.config.items() if key != "storage"}
