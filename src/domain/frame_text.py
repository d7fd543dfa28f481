"""Frames as clients read them: the event's name and one line of JSON-RPC (wire 4.5)."""

import json
import math
import re

from domain.callbacks import PlaybookCallback, ProgressReport, ResultError
from domain.events import PlaybookProgress, PlaybookResult, PlaybookState
from domain.json_values import NULL, JsonValue, RawJson

_LITERAL_OR_SPACE = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+', re.DOTALL)


def frame_text(body: PlaybookState | PlaybookResult | PlaybookProgress) -> tuple[str, RawJson]:
    """What workers sent as raw JSON is passed on as it is, so ids beyond 2^53 keep their digits.

    State frames are spelled in snake_case, the others in camelCase: clients rely on both [C].
    """
    if isinstance(body, PlaybookState):
        return _notification("playbook/state", _state(body))
    if isinstance(body, PlaybookResult):
        return _notification("playbook/result", _result(body.execution_id, body.callback))
    return _notification("playbook/progress", _progress(body.execution_id, body.report))


def one_line(raw: RawJson) -> RawJson:
    """The same JSON text without line breaks, which would end an event's data field."""
    if raw.find(b"\n") < 0 and raw.find(b"\r") < 0:
        return raw
    return RawJson(_LITERAL_OR_SPACE.sub(lambda match: match[1] or b"", raw))


def _notification(method: str, params: RawJson) -> tuple[str, RawJson]:
    return method, RawJson(b'{"jsonrpc":"2.0","method":"%b","params":%b}' % (method.encode(), params))


def _state(state: PlaybookState) -> RawJson:
    params: dict[str, JsonValue] = {
        "execution_id": state.execution_id,
        "event_type": state.event_type,
        "step_name": state.step_name,
        "status": state.status,
        "at": state.at,
    }
    return _json({**params, "synthetic": True} if state.synthetic else params)


def _result(execution_id: str, callback: PlaybookCallback) -> RawJson:
    status = "FAILED" if callback.failed else callback.status
    head = _json({"requestId": callback.request_id, "executionId": execution_id, "status": status})
    if callback.failed:
        return _with_member(head, b"error", _error(callback.error or ResultError()))
    return _with_member(head, b"data", callback.data)


def _error(error: ResultError) -> RawJson:
    return _with_member(_json({"code": error.code, "message": error.message}), b"data", error.data)


def _progress(execution_id: str | None, report: ProgressReport) -> RawJson:
    progress = report.progress
    return _json(
        {
            "requestId": report.request_id,
            "executionId": execution_id,
            "step": report.step,
            "message": report.message,
            "progress": progress if progress is not None and math.isfinite(progress) else None,
        }
    )


def _with_member(head: RawJson, name: bytes, raw: RawJson) -> RawJson:
    return RawJson(b'%b,"%b":%b}' % (head[:-1], name, one_line(raw) or NULL))


def _json(value: JsonValue) -> RawJson:
    # A lone surrogate is no UTF-8, but its escape is JSON: that is what "backslashreplace" writes for it.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return RawJson(text.encode("utf-8", "backslashreplace"))
