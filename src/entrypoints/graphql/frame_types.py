"""Frames as GraphQL objects."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
import strawberry

from domain.clients import ClientId, Cursor
from domain.events import EventId, StoredFrame
from entrypoints.graphql.json_scalar import JSON


@strawberry.interface(description="What a client is told, in the order in which it is told.")
class ClientFrame:
    event_id: str = strawberry.field(description="What to give as lastEventId to go on behind this frame.")


@strawberry.type(description="A step or the end of a run.")
class PlaybookState(ClientFrame):
    execution_id: str
    event_type: str = strawberry.field(description="step.exit, playbook.completed, playbook.failed, ...")
    step_name: str | None
    status: str
    at: str
    synthetic: bool = strawberry.field(description="Derived from the worker's answer; the real end follows.")


@strawberry.type(description="Why a run failed.")
class PlaybookError:
    code: int | None = strawberry.field(description="As the worker gave it; null beyond 32 bits.")
    message: str
    data: JSON | None


@strawberry.type(description="The worker's answer.")
class PlaybookResult(ClientFrame):
    request_id: str
    execution_id: str
    status: str
    data: JSON | None = strawberry.field(description="As the worker sent it; null for a failed run.")
    error: PlaybookError | None


@strawberry.type(description="How far a step has come.")
class PlaybookProgress(ClientFrame):
    request_id: str
    execution_id: str = strawberry.field(description="Empty while NoETL has not named the run yet.")
    step: str | None
    message: str | None
    progress: float | None


@strawberry.type(description="Frames before this one are missing: ask how the runs that you wait for stand.")
class HistoryLost(ClientFrame):
    reason: str


class _State(msgspec.Struct):
    execution_id: str
    event_type: str
    status: str
    at: str
    step_name: str | None = None
    synthetic: bool = False


class _Error(msgspec.Struct):
    code: int
    message: str
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Result(msgspec.Struct, rename="camel"):
    request_id: str
    execution_id: str
    status: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    error: _Error | None = None


class _Progress(msgspec.Struct, rename="camel"):
    request_id: str
    execution_id: str | None = None
    step: str | None = None
    message: str | None = None
    progress: float | None = None


T = TypeVar("T")


class _Notification(msgspec.Struct):
    params: msgspec.Raw


def playbook_state(frame: StoredFrame, client_id: ClientId) -> PlaybookState:
    params = _params(frame, _State)
    return PlaybookState(event_id=_event_id(frame.id, client_id), **msgspec.structs.asdict(params))


def _result(frame: StoredFrame, client_id: ClientId) -> PlaybookResult:
    params = _params(frame, _Result)
    return PlaybookResult(
        event_id=_event_id(frame.id, client_id),
        request_id=params.request_id,
        execution_id=params.execution_id,
        status=params.status,
        data=JSON(params.data),
        error=_error(params.error) if params.error else None,
    )


def _error(error: _Error) -> PlaybookError:
    code = error.code if -(2**31) <= error.code < 2**31 else None
    return PlaybookError(code=code, message=error.message, data=JSON(error.data))


def _progress(frame: StoredFrame, client_id: ClientId) -> PlaybookProgress:
    params = _params(frame, _Progress)
    return PlaybookProgress(
        event_id=_event_id(frame.id, client_id),
        request_id=params.request_id,
        # Not null as in the frame: fields of one name and different types could not be selected together.
        execution_id=params.execution_id or "",
        step=params.step,
        message=params.message,
        progress=params.progress,
    )


_READERS: Mapping[str, Callable[[StoredFrame, ClientId], ClientFrame]] = {
    "playbook/state": playbook_state,
    "playbook/result": _result,
    "playbook/progress": _progress,
}


def client_frame(frame: StoredFrame, client_id: ClientId) -> ClientFrame | None:
    """None for a kind of frame that this schema does not know."""
    read = _READERS.get(frame.event)
    return read(frame, client_id) if read is not None else None


def history_lost(position: EventId, client_id: ClientId) -> HistoryLost:
    return HistoryLost(event_id=_event_id(position, client_id), reason="history_lost")


def _event_id(position: EventId, client_id: ClientId) -> str:
    return str(Cursor(position, client_id))


def _params(frame: StoredFrame, kind: type[T]) -> T:
    """Raises msgspec.MsgspecError for what is no frame of ours."""
    notification = msgspec.json.decode(frame.data, type=_Notification)
    return msgspec.json.decode(notification.params, type=kind)
