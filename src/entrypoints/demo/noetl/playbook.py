"""A playbook of the simulated server: a path and a list of steps written in Python."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TypeAlias

from entrypoints.demo.json_types import JsonObject, JsonValue
from entrypoints.demo.noetl.run import Run

Action: TypeAlias = Callable[[Run], Awaitable[None]]


class StepError(Exception):
    """A step failed, for the reason in the text; the playbook goes on with its last step and then fails."""


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    path: str
    steps: tuple[Step, ...]
    description: str = ""
    kind: str = "playbook"
    """`playbook` or `agent`."""
    workload: Mapping[str, JsonValue] = field(default_factory=dict)
    """Defaults of the workload."""

    def document(self) -> JsonObject:
        """The playbook as its YAML source would be parsed."""
        return {
            "apiVersion": "noetl.io/v2",
            "kind": self.kind.capitalize(),
            "metadata": {
                "name": self.path.rpartition("/")[2],
                "path": self.path,
                "description": self.description,
            },
            "workload": self.workload,
            "workflow": self._workflow(),
        }

    def _workflow(self) -> Sequence[JsonObject]:
        following = [step.name for step in self.steps[1:]]
        return [
            {"step": step.name, "tool": {"kind": "python", "input": {}, "code": ""}, **_arc_to(successor)}
            for step, successor in zip_longest(self.steps, following)
        ]


def _arc_to(step: str | None) -> JsonObject:
    return {"next": {"spec": {"mode": "exclusive"}, "arcs": [{"step": step}]}} if step else {}
