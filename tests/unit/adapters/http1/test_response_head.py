import pytest

from adapters.noetl.http1.malformed import MalformedAnswer
from adapters.noetl.http1.response_head import ResponseHead, parse_response_head

RAW = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\nX-Thing: a\r\n\r\n"


def parse(raw: bytes, *, answers_head: bool = False, max_headers: int = 100) -> ResponseHead:
    return parse_response_head(raw, answers_head=answers_head, max_headers=max_headers)


def test_the_same_bytes_are_read_once() -> None:
    first = parse(RAW)
    assert parse(bytes(bytearray(RAW))) is first
    assert first.headers == ((b"content-length", b"5"), (b"x-thing", b"a"))


def test_one_byte_of_difference_is_another_head() -> None:
    assert parse(RAW.replace(b": a", b": b")).headers[1] == (b"x-thing", b"b")
    assert parse(RAW).headers[1] == (b"x-thing", b"a")


def test_what_answers_a_head_request_is_told_from_what_answers_a_get() -> None:
    assert parse(RAW).length == 5
    assert parse(RAW, answers_head=True).length == 0
    assert parse(RAW).length == 5


def test_a_remembered_head_is_held_to_the_callers_own_limit() -> None:
    parse(RAW)
    with pytest.raises(MalformedAnswer):
        parse(RAW, max_headers=2)


def test_a_broken_head_is_refused_each_time() -> None:
    for _ in range(3):
        with pytest.raises(MalformedAnswer):
            parse(RAW.replace(b"5\r\n", b"five\r\n"))


def test_a_long_head_is_read_anew() -> None:
    raw = RAW.replace(b": a", b": " + b"a" * 2000)
    assert parse(raw) is not parse(raw)
    assert parse(raw).headers == parse(raw).headers
