"""The headers of a message are read as nats-py reads them, in less time."""

from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client

from adapters.nats.client import OneConnection

PIECES = st.sampled_from([b":", b"\r\n", b" ", b"\t", b"Nats-Sequence", b"a b", b"\xc3\xa9", b"\xff", b"\x1c"])


@given(st.lists(PIECES | st.binary(max_size=6), max_size=20).map(b"".join))
def test_headers_are_read_like_by_the_library(raw: bytes) -> None:
    assert OneConnection._parse_header_lines(raw) == Client._parse_header_lines(raw)
