import pytest

from adapters.nats.control_messages import Taken, taken_in


def test_a_claim_says_whose_it_is_and_when_it_was_made() -> None:
    assert taken_in(b'{"token":"t","created":"2026","revision":3}') == Taken("t", "2026", 3)


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[]", b'{"token":7}', b'{"token":"\xff"}', b'{"x":' + b"[" * 100_000]
)
def test_what_is_no_claim_is_none(payload: bytes) -> None:
    assert taken_in(payload) is None
