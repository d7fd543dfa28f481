import json

import pytest

from adapters.nats.request_records import decode, encode
from domain.callbacks import PendingRequest

REQUEST = PendingRequest(
    request_id="b36f4f73-fa03-4953-8e0e-2e2698559f28",
    client_id="home-0123456789abcdef",
    user_id=7,
    playbook_path="examples/hello",
    created_at=1795503997,
    execution_id="766633604884463618",
    announced_at=1795503998.25,
    answered=True,
)


def test_a_record_has_the_members_that_the_former_gateway_reads() -> None:
    fields = json.loads(encode(REQUEST))

    former = {
        name: fields[name] for name in ("client_id", "session_token", "execution_id", "playbook_path", "created_at")
    }
    assert former == {
        "client_id": "home-0123456789abcdef",
        "session_token": "",
        "execution_id": "766633604884463618",
        "playbook_path": "examples/hello",
        "created_at": 1795503997,
    }


def test_a_record_comes_back() -> None:
    assert decode(encode(REQUEST), REQUEST.request_id) == REQUEST


def test_what_the_former_gateway_wrote_is_read() -> None:
    value = b'{"client_id":"c","session_token":"","execution_id":"1","playbook_path":"rerun:9","created_at":5}'

    request = decode(value, "r")

    assert request == PendingRequest(
        request_id="r", client_id="c", user_id=0, playbook_path="rerun:9", created_at=5, execution_id="1"
    )


@pytest.mark.parametrize(
    "value", [b"", b"{}", b"[]", b'{"request_id":"r"}', b'{"client_id":7}', b'{"client_id":"\xff"}', b"[" * 100_000]
)
def test_what_is_no_record_is_none(value: bytes) -> None:
    assert decode(value, "r") is None
