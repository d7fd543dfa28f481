"""Frames: what a client is told, in the order in which it is told."""

import re
from dataclasses import dataclass
from enum import Enum

from domain.callbacks import PlaybookCallback, ProgressReport
from domain.json_values import RawJson

_EVENT_ID = re.compile(r"([A-Za-z0-9]{1,32})-([0-9]{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class EventId:
    """A position in the history of all frames. Another `epoch` is another history: nothing carries over."""

    epoch: str
    offset: int

    @classmethod
    def parse(cls, text: str) -> "EventId | None":
        match = _EVENT_ID.fullmatch(text)
        return cls(match[1], int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.epoch}-{self.offset}"


class Stage(Enum):
    """Where a frame leaves the run that it speaks of."""

    NONE = "none"
    RUNNING = "running"
    RESULT = "result"
    """The worker's own answer; the run may still be busy (D26)."""
    TERMINAL = "terminal"
    """Final: nothing about this run may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookState:
    """A step or the end of a run (wire 5). `synthetic` marks the one derived from the worker's answer (D26)."""

    execution_id: str
    event_type: str
    status: str
    at: str
    step_name: str | None = None
    synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookResult:
    execution_id: str
    callback: PlaybookCallback


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookProgress:
    execution_id: str | None
    report: ProgressReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A message to one client.

    `key` is the same whenever the same thing is said again: a second publication within the duplicate window
    is not a second frame. `hold_until` (epoch seconds, 0 for never) asks the serving process to keep it back
    until the response that announces `request_id` has been written (wire 4.6).
    """

    key: str | None
    request_id: str
    body: PlaybookState | PlaybookResult | PlaybookProgress
    stage: Stage = Stage.NONE
    hold_until: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFrame:
    """A frame as it was recorded: `data` is the JSON-RPC text that goes to the client unchanged.

    `previous` is the offset of the frame before it for the same client, None where the store did not say;
    it shows a hole in live delivery.
    """

    id: EventId
    event: str
    data: RawJson
    request_id: str
    execution_id: str = ""
    stage: Stage = Stage.NONE
    hold_until: float = 0.0
    previous: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionEvent:
    """A lifecycle event of a run, normalised from either server's form (wire 5)."""

    event_id: str
    execution_id: str
    event_type: str
    status: str
    at: str
    step_name: str | None = None

    @property
    def is_terminal(self) -> bool:
        return self.event_type in ("playbook.completed", "playbook.failed")
