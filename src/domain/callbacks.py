"""Answers that workers send back, and the requests that wait for them."""

import re
from dataclasses import dataclass, replace

from domain.json_values import NULL, JsonValue, RawJson

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def is_request_id(text: str) -> bool:
    """Request ids are UUIDs that the gateway drew; nothing else can be pending (D1, D6)."""
    return bool(_UUID.fullmatch(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackResult:
    """The answer of an auth playbook (wire 4.1). `status` other than `success` is a failure."""

    request_id: str
    execution_id: str | None = None
    status: str = "success"
    data: JsonValue = None

    @property
    def succeeded(self) -> bool:
        return self.status.lower() == "success"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultError:
    code: int = -32000
    message: str = "Playbook execution failed"
    data: RawJson = NULL


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookCallback:
    """The result of a run that a browser waits for (wire 4.3)."""

    request_id: str
    execution_id: str | None = None
    status: str = "COMPLETED"
    data: RawJson = NULL
    error: ResultError | None = None

    @property
    def failed(self) -> bool:
        """`failed`, `FAILED` and a bare `error` all mean the same (D25)."""
        return self.error is not None or self.status.lower() in ("failed", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressReport:
    request_id: str
    execution_id: str | None = None
    step: str | None = None
    message: str | None = None
    progress: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRequest:
    """A run that a client waits for.

    `execution_id` is empty until NoETL has answered the execute call; `created_at` and `announced_at` are epoch
    seconds, the latter 0 until the response that names the request is about to be written. `answered` is set
    once the worker's result is stored for the client, `ended` once a terminal event of the run is.
    """

    request_id: str
    client_id: str
    user_id: int
    playbook_path: str
    created_at: int
    execution_id: str = ""
    announced_at: float = 0.0
    answered: bool = False
    ended: bool = False

    def started(self, execution_id: str, announced_at: float) -> "PendingRequest":
        return replace(self, execution_id=execution_id, announced_at=announced_at)

    def saved_over(self, stored: "PendingRequest") -> "PendingRequest":
        """This record with what `stored` knows already: a writer who had not seen it must not undo it."""
        return replace(
            self,
            execution_id=self.execution_id or stored.execution_id,
            announced_at=self.announced_at or stored.announced_at,
            answered=self.answered or stored.answered,
            ended=self.ended or stored.ended,
        )
