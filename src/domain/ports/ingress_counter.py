from typing import Protocol

UNKNOWN_LISTENER = "unknown"
"""The one label of everything that names no known listener: a label is never what a caller chose (D35)."""


class IngressCounter(Protocol):
    """Counts deliveries by listener (wire 11). Never fails and never waits.

    What was received and neither rejected nor dispatched was a repetition, or its sender left.
    """

    def received(self, label: str) -> None: ...

    def rejected(self, label: str, reason: str) -> None:
        """`reason`: a word of `Reason`, or `body_too_large`."""
        ...

    def dispatched(self, label: str) -> None: ...
