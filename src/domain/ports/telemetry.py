from enum import Enum
from typing import Protocol


class Count(Enum):
    """What is counted inside the use cases; labels are fixed words, never input."""

    AUTH_CANCEL_FAILED = "auth_cancel_failed"
    SESSION_CACHE_FAILED = "session_cache_failed"
    SESSION_LOOKUP = "session_lookup"
    CALLBACK_UNDELIVERED = "callback_undelivered"
    LOGIN = "login"
    ACCESS_DECISION = "access_decision"
    FRAMES_PUBLISHED = "frames_published"
    FRAMES_DROPPED = "frames_dropped"
    LIFECYCLE_EVENTS = "lifecycle_events"
    STREAM_RESET = "stream_reset"


class Telemetry(Protocol):
    def count(self, what: Count, label: str = "", by: int = 1) -> None:
        """Never fails and never waits."""
        ...
