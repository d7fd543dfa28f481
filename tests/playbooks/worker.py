"""How the two kinds of NoETL workers render templates and what types come out of it (wire 2.4).

Both render twice: the server renders a step's configuration before it hands the step out, and the tool renders what
it was given once more. So whatever a first pass puts into a text is template source for the second.
"""

import json
from collections.abc import Mapping
from typing import Protocol, TypeAlias

Value: TypeAlias = "str | int | float | bool | None | list[Value] | dict[str, Value]"
Context: TypeAlias = Mapping[str, "Value"]

FALSY = frozenset({"", "false", "0", "no", "none", "null", "off", "{}", "[]"})
"""What a rendered condition is when it does not hold."""


class Worker(Protocol):
    @property
    def name(self) -> str: ...

    def rendered(self, value: Value, context: Context) -> Value:
        """What the tool works with."""

    def holds(self, condition: str, context: Context) -> bool: ...

    def run_code(self, code: str, names: dict[str, Value]) -> Value:
        """Runs a python step with `names` as its globals and returns its `result`."""


def has_markers(text: str) -> bool:
    return ("{{" in text and "}}" in text) or ("{%" in text and "%}" in text)


def as_json(text: str) -> tuple[bool, Value]:
    try:
        return True, json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False, None


def _refuse(constant: str) -> Value:
    raise ValueError(constant)
