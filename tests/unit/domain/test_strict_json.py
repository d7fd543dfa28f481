import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import RequestMalformed
from domain.strict_json import strict_object

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_an_object_is_read_as_it_is(value: dict[str, object]) -> None:
    assert strict_object(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"\\u0061":2}',
        b'{"x":[{"a":1,"a":1}]}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1}x',
        b'{"a":1,}',
        b"{'a':1}",
        b"[]",
        b"1",
        b"",
        b'{"a":"\xff"}',
        b'{"a":"\n"}',
        '{"a":1}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"a":' * 50_000,
    ],
)
def test_what_readers_disagree_about_is_refused(body: bytes) -> None:
    with pytest.raises(RequestMalformed):
        strict_object(body)
