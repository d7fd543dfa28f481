from dataclasses import dataclass
from typing import Protocol

from domain.ingress.directives import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectivesApplied:
    """The directives of message `message_id` that steered execution `execution_id`."""

    execution_id: str
    message_id: str
    plan: Plan


class IngressAudit(Protocol):
    def record(self, event: DirectivesApplied) -> None:
        """Writes the event when it can: never waits, never fails, may lose events under pressure."""
        ...
