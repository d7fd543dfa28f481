"""What JetStream says about a stream."""

from datetime import UTC, datetime
from functools import lru_cache

import msgspec

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class StreamConfig(msgspec.Struct):
    name: str = ""
    subjects: list[str] = []
    retention: str = "limits"
    max_age: int = 0
    max_msgs_per_subject: int = -1
    num_replicas: int = 1
    allow_direct: bool = False


class StreamState(msgspec.Struct):
    messages: int = 0
    first_seq: int = 0
    last_seq: int = 0
    subjects: dict[str, int] | None = None


class StreamInfo(msgspec.Struct):
    """`created`: RFC 3339 with nanoseconds; another value means another stream of the same name."""

    config: StreamConfig
    created: str
    state: StreamState = msgspec.field(default_factory=StreamState)

    @property
    def epoch(self) -> str:
        """`created` as lower-case base 36: short, sortable among its like, and fit for an event id."""
        return _epoch(self.created)

    @property
    def max_age(self) -> float | None:
        """Seconds, None for ever."""
        return self.config.max_age / 1e9 if self.config.max_age > 0 else None


def nanoseconds(stamp: str) -> int:
    """Since the epoch, of RFC 3339 text in UTC with up to nine digits of fraction. Raises ValueError."""
    whole, _, fraction = stamp.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * 1_000_000_000 + int(f"{fraction:0<9.9}")


@lru_cache(maxsize=64)
def _epoch(created: str) -> str:
    return _base36(nanoseconds(created))


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
