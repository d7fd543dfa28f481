import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.callbacks import PlaybookCallback, ProgressReport, ResultError
from domain.events import PlaybookProgress, PlaybookResult, PlaybookState
from domain.frame_text import frame_text, one_line
from domain.json_values import NULL, RawJson

STATE = PlaybookState(execution_id="7", event_type="step.exit", status="completed", at="2026-11-24T00:00:00Z")


def result(callback: PlaybookCallback) -> tuple[str, bytes]:
    return frame_text(PlaybookResult(execution_id="766633604884463618", callback=callback))


def test_a_state_frame_is_spelled_in_snake_case_with_its_nulls() -> None:
    assert frame_text(STATE) == (
        "playbook/state",
        b'{"jsonrpc":"2.0","method":"playbook/state","params":{"execution_id":"7","event_type":"step.exit",'
        b'"step_name":null,"status":"completed","at":"2026-11-24T00:00:00Z"}}',
    )


def test_only_a_synthetic_state_says_so() -> None:
    state = PlaybookState(
        execution_id="7", event_type="playbook.completed", status="completed", at="x", synthetic=True
    )

    assert json.loads(frame_text(state)[1])["params"]["synthetic"] is True
    assert "synthetic" not in json.loads(frame_text(STATE)[1])["params"]


def test_a_result_passes_status_and_data_on_verbatim() -> None:
    data = RawJson(b'{"id":766633604884463618123,"price":1.10,"big":1E400,"text":"\\u00fc\\ud83d"}')
    callback = PlaybookCallback(request_id="r-1", status="Completed", data=data)

    assert result(callback) == (
        "playbook/result",
        b'{"jsonrpc":"2.0","method":"playbook/result","params":{"requestId":"r-1","executionId":"766633604884463618",'
        b'"status":"Completed","data":' + data + b"}}",
    )


@pytest.mark.parametrize("status", ["FAILED", "failed", "error", "Error"])
def test_a_failure_without_an_error_gets_the_default_one_and_drops_the_data(status: str) -> None:
    callback = PlaybookCallback(request_id="r-1", status=status, data=RawJson(b'{"half":"done"}'))

    assert json.loads(result(callback)[1])["params"] == {
        "requestId": "r-1",
        "executionId": "766633604884463618",
        "status": "FAILED",
        "error": {"code": -32000, "message": "Playbook execution failed", "data": None},
    }


def test_an_error_of_the_worker_passes_through() -> None:
    error = ResultError(code=17, message='no "flights"', data=RawJson(b"[12345678901234567890]"))
    callback = PlaybookCallback(request_id="r-1", status="COMPLETED", error=error)

    text = result(callback)[1]

    assert text.endswith(
        b'"status":"FAILED","error":{"code":17,"message":"no \\"flights\\"","data":[12345678901234567890]}}}'
    )


def test_a_progress_frame_has_its_nulls() -> None:
    body = PlaybookProgress(execution_id=None, report=ProgressReport(request_id="r-1"))

    assert frame_text(body) == (
        "playbook/progress",
        b'{"jsonrpc":"2.0","method":"playbook/progress","params":{"requestId":"r-1","executionId":null,'
        b'"step":null,"message":null,"progress":null}}',
    )


@pytest.mark.parametrize(("progress", "shown"), [(0.5, 0.5), (40, 40), (float("nan"), None), (float("inf"), None)])
def test_progress_is_a_number_that_json_can_hold(progress: float, shown: float | None) -> None:
    report = ProgressReport(request_id="r-1", step="fetch", message="half", progress=progress)

    text = frame_text(PlaybookProgress(execution_id="7", report=report))[1]

    assert json.loads(text)["params"]["progress"] == shown
    assert text.find(b"NaN") == text.find(b"Infinity") == -1


def test_raw_json_of_many_lines_becomes_one_line_without_touching_its_text() -> None:
    raw = RawJson(b'{\r\n  "a b": [1.10,\n 2],\t"c": "x  y\\n \\" \\\\",\n "d" : "\\\\"\n}')

    assert one_line(raw) == b'{"a b":[1.10,2],"c":"x  y\\n \\" \\\\","d":"\\\\"}'


def test_raw_json_on_one_line_stays_as_it_is() -> None:
    raw = RawJson(b'{ "a" :  1 }')

    assert one_line(raw) == raw


def test_missing_raw_json_is_null() -> None:
    assert result(PlaybookCallback(request_id="r-1", data=RawJson(b"")))[1].endswith(b'"data":null}}')
    assert result(PlaybookCallback(request_id="r-1", data=NULL))[1].endswith(b'"data":null}}')


def test_a_lone_surrogate_neither_breaks_the_frame_nor_gets_lost() -> None:
    report = ProgressReport(request_id="r-1", message="half \ud83d emoji \udc80")

    text = frame_text(PlaybookProgress(execution_id="7", report=report))[1]

    text.decode("utf-8")
    assert json.loads(text)["params"]["message"] == "half \ud83d emoji \udc80"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(value=JSON, indent=st.none() | st.integers(0, 3), ascii_only=st.booleans())
def test_any_value_arrives_unchanged_on_one_line(value: object, indent: int | None, ascii_only: bool) -> None:
    spelled = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "backslashreplace")

    text = result(PlaybookCallback(request_id="r-1", data=RawJson(spelled)))[1]

    assert text.find(b"\n") == text.find(b"\r") == -1
    assert json.loads(text)["params"]["data"] == value


@given(step=st.none() | st.text(), status=st.text(), at=st.text())
def test_any_text_arrives_unchanged_on_one_line(step: str | None, status: str, at: str) -> None:
    state = PlaybookState(execution_id="7", event_type="step.exit", status=status, at=at, step_name=step)

    text = frame_text(state)[1]

    assert text.find(b"\n") == text.find(b"\r") == -1
    params = json.loads(text.decode("utf-8"))["params"]
    assert (params["step_name"], params["status"], params["at"]) == (step, status, at)
