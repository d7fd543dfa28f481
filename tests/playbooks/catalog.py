"""The playbooks as files, and what of them is a template."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from tests.playbooks.worker import Value

DIRECTORY = Path(__file__).parents[2] / "infra" / "playbooks" / "auth0"
NAMES = (
    "auth0_login",
    "auth0_validate_session",
    "check_playbook_access",
    "provision_auth_schema",
    "user_management",
)
QUOTED = re.compile(r"decode\('\{\{ ([a-z_.]+)((?: \| tojson)?) \| b64encode \}\}', 'base64'\)")
"""The one way in which a value may enter SQL: base64 has no character that ends a literal or starts a template."""


@dataclass(frozen=True, slots=True)
class Task:
    """One tool of a step. `path` says where it stands, for messages."""

    path: str
    kind: str
    config: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Playbook:
    name: str
    document: dict[str, Value]

    @property
    def workload(self) -> dict[str, Value]:
        return dict(self.document["workload"])  # type: ignore[arg-type]

    @property
    def steps(self) -> list[dict[str, Value]]:
        return self.document["workflow"]  # type: ignore[return-value]

    def step(self, name: str) -> dict[str, Value]:
        return next(step for step in self.steps if step["step"] == name)

    def tasks(self) -> Iterator[Task]:
        for step in self.steps:
            for number, tool in enumerate(tools_of(step)):
                yield Task(f"{self.name}/{step['step']}[{number}]", str(tool["kind"]), tool)

    def sql(self, step: str) -> str:
        [tool] = tools_of(self.step(step))
        return str(tool["command"])


def tools_of(step: dict[str, Value]) -> list[dict[str, Value]]:
    tool = step["tool"]
    return tool if isinstance(tool, list) else [tool]  # type: ignore[list-item, return-value]


def arcs_of(step: dict[str, Value]) -> list[dict[str, str]]:
    following = step.get("next")
    return following["arcs"] if isinstance(following, dict) else []  # type: ignore[return-value]


def source(name: str) -> str:
    return (DIRECTORY / f"{name}.yaml").read_text()


def load(name: str) -> Playbook:
    return Playbook(name, yaml.safe_load(source(name)))


def texts(value: Value, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text below `value` with the path to it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from texts(item, f"{path}[{number}]")
    elif isinstance(value, str):
        yield path, value
