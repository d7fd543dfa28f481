"""What can be run, and what a run looks like from outside."""

import re
from dataclasses import dataclass, field
from enum import Enum

from domain.errors import RequestMalformed
from domain.identity import Session
from domain.json_values import JsonObject, JsonValue

_EXECUTION_ID = re.compile(r"-?[0-9]{1,19}", re.ASCII)


class ResourceKind(Enum):
    """NoETL runs agents as playbooks of another kind (wire 6)."""

    PLAYBOOK = "playbook"
    AGENT = "agent"


class RunStatus(Enum):
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_terminal(self) -> bool:
        return self in (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionOrder:
    """One of `path` and `catalog_id` is set. `extras` are further members of NoETL's execute body.

    `on_behalf_of`: whose identity NoETL is told; None for what the gateway runs by itself.
    """

    path: str | None = None
    catalog_id: str | None = None
    workload: JsonValue = None
    resource_kind: ResourceKind = ResourceKind.PLAYBOOK
    extras: JsonObject = field(default_factory=dict)
    on_behalf_of: Session | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A started run. Ids are text: they exceed 2^53 and are never numbers here."""

    execution_id: str
    name: str | None = None
    status: str | None = None


def checked_execution_id(text: str) -> str:
    """`text`, if it is a decimal id.

    Raises:
        RequestMalformed: for anything else; ids become part of upstream paths and store keys.
    """
    if not _EXECUTION_ID.fullmatch(text):
        raise RequestMalformed("The execution id must be a decimal number.")
    return text
