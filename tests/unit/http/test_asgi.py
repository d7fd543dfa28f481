import pytest
from tests.unit.http.asking import Exchange

from entrypoints.http.asgi import ClientGone, header, headers_named, query_parameters, read_body, respond


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (b"", {}),
        (b"a=1&b=", {"a": "1", "b": ""}),
        (b"a", {"a": ""}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a=b+c%2Bd%20e", {"a": "b c+d e"}),
        (b"a=%E9&b=%zz&c=\xff", {"a": "\ufffd", "b": "%zz", "c": "ÿ"}),
        (b"&&=x", {"": "x"}),
    ],
)
def test_a_query_string_is_read_leniently(query: bytes, parameters: dict[str, str]) -> None:
    assert query_parameters({"query_string": query}) == parameters


def test_a_scope_without_a_query_has_no_parameters() -> None:
    assert query_parameters({}) == {}


def test_the_first_of_repeated_headers_is_the_header() -> None:
    scope = {"headers": [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]}
    assert header(scope, b"a") == b"1"
    assert header(scope, b"c") is None
    assert headers_named(scope, b"a") == [b"1", b"3"]


async def test_a_body_is_read_to_its_end() -> None:
    assert await read_body(Exchange([b"ab", b"", b"c"]).receive, 3) == b"abc"


async def test_a_body_over_the_limit_is_not_read_on() -> None:
    exchange = Exchange([b"ab", b"cd", b"ef"])
    assert await read_body(exchange.receive, 3) is None
    assert await exchange.receive() == {"type": "http.request", "body": b"ef", "more_body": False}


async def test_half_a_body_is_none() -> None:
    with pytest.raises(ClientGone):
        await read_body(Exchange([b"ab"], leaves=True).receive, 3)


async def test_a_response_announces_its_length() -> None:
    exchange = Exchange()
    await respond(exchange.send, 200, "é".encode(), b"text/plain; charset=utf-8", [(b"x-a", b"1")])
    assert exchange.answer.headers == [
        (b"content-length", b"2"),
        (b"x-a", b"1"),
        (b"content-type", b"text/plain; charset=utf-8"),
    ]
