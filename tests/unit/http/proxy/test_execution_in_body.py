"""Which execution a body of events is about (wire 7.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.proxy.execution_in_body import execution_in_body


@pytest.mark.parametrize(
    ("body", "execution_id"),
    [
        (b'{"execution_id":"766633604884463618"}', 766633604884463618),
        (b'{"execution_id":766633604884463618}', 766633604884463618),
        (b'{"a":[1],"execution_id":9223372036854775807,"b":{}}', 9223372036854775807),
        (b'{"execution_id":"-9223372036854775808"}', -9223372036854775808),
        (b'{"execution_id":"+5"}', 5),
        (b'{"execution_id":0}', 0),
        (b'{"execution_id":9223372036854775808}', None),
        (b'{"execution_id":"9223372036854775808"}', None),
        (b'{"execution_id":1.0}', None),
        (b'{"execution_id":1e3}', None),
        (b'{"execution_id":true}', None),
        (b'{"execution_id":null}', None),
        (b'{"execution_id":""}', None),
        (b'{"execution_id":" 5"}', None),
        (b'{"execution_id":"5_0"}', None),
        ('{"execution_id":"\u0665"}'.encode(), None),
        (b'{"execution_id":{"execution_id":5}}', None),
        (b'{"event":{"execution_id":5}}', None),
        (b'[{"execution_id":5}]', None),
        (b'"5"', None),
        (b"{}", None),
        (b"", None),
        (b'{"execution_id":5', None),
        (b'{"execution_id":5}}', None),
        (b"\xff", None),
        (b'{"x":' + b"[" * 100_000, None),
    ],
)
def test_only_a_top_level_id_of_an_object_counts(body: bytes, execution_id: int | None) -> None:
    assert execution_in_body(body) == execution_id


@given(st.binary(max_size=200))
def test_no_body_is_too_odd(body: bytes) -> None:
    assert execution_in_body(body) is None or b"execution_id" in body
