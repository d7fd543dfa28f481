import json
from pathlib import Path

import pytest

from adapters.nats.callback_messages import decode, encode
from domain.callbacks import CallbackResult

CAPTURES = Path(__file__).parents[3] / "fixtures" / "noetl-captures"


@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*_callback.json")), ids=lambda path: path.stem)
def test_what_workers_post_is_understood_on_nats_too(capture: Path) -> None:
    fields = json.loads(capture.read_text())["body"]

    result = decode(json.dumps(fields).encode())

    assert result is not None
    assert result.request_id == fields["request_id"]
    assert result.data == fields["data"]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"request_id":"r"}', CallbackResult(request_id="r")),
        (b'{"request_id":123,"status":null,"data":null}', CallbackResult(request_id="123")),
        (b'{"request_id":"r","status":"error"}', CallbackResult(request_id="r", status="error")),
        (b'{"request_id":"r","status":500}', CallbackResult(request_id="r", status="500")),
        (
            b'{"request_id":"r","execution_id":766633604884463618}',
            CallbackResult(request_id="r", execution_id="766633604884463618"),
        ),
        (b'{"request_id":"r","unknown":[1,2]}', CallbackResult(request_id="r")),
    ],
)
def test_types_are_read_leniently(payload: bytes, expected: CallbackResult) -> None:
    assert decode(payload) == expected


@pytest.mark.parametrize(
    "payload", [b"", b"x", b"[]", b"{}", b'{"request_id":null}', b'{"request_id":""}', b"\xff", b'{"a":"\xff"}']
)
def test_what_names_no_request_is_none(payload: bytes) -> None:
    assert decode(payload) is None


def test_a_result_survives_the_way_to_another_replica() -> None:
    result = CallbackResult(request_id="r", execution_id="1", status="error", data={"a": [1, None, "ü"]})

    assert decode(encode(result)) == result
