"""Ids as NoETL makes them: growing with time, and far above 2^53."""

import time

_EPOCH_MS = 1_612_000_000_000


class SnowflakeIds:
    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        now = (time.time_ns() // 1_000_000 - _EPOCH_MS) << 22
        self._last = max(now, self._last + 1)
        return self._last
