"""What a step of a playbook sees of the execution that it belongs to."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from entrypoints.demo.json_types import JsonObject, JsonValue


class Reporter(Protocol):
    """Posts to the gateway; never raises, whatever the gateway answers."""

    async def progress(self, run: "Run", *, step: str, message: str, fraction: float) -> None: ...

    async def result(self, run: "Run") -> None: ...

    async def auth(self, run: "Run", data: JsonObject, *, status: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class Run:
    execution_id: int
    workload: JsonObject
    reporter: Reporter
    answered: asyncio.Event
    """Set by the reporter once the final callback is out."""
    result: JsonValue = None
    """What the final callback carries as `data`."""
    error: str | None = None
    """Why a step failed, once one has."""

    def text(self, name: str, default: str = "") -> str:
        """A value of the workload as text; absent and null are the default."""
        value = self.workload.get(name)
        return default if value is None else str(value)

    def number(self, name: str, default: float) -> float:
        """A value of the workload as a number. Raises `ValueError` when it is none."""
        value = self.workload.get(name)
        if value is None:
            return default
        if isinstance(value, int | float | str):
            return float(value)
        raise ValueError(f"{name} is not a number")
