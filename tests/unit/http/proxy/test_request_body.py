import pytest
from tests.unit.http.asking import Exchange, scope_of

from entrypoints.http.asgi import ClientGone
from entrypoints.http.proxy.request_body import BodyOverLimit, announced_length, once, streamed


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ([], 0),
        ([(b"content-length", b"0")], 0),
        ([(b"content-length", b"12")], 12),
        ([(b"transfer-encoding", b"chunked")], None),
        ([(b"content-length", b"x")], None),
        ([(b"content-length", b"-1")], None),
        ([(b"content-length", b"9" * 5000)], None),
    ],
)
def test_the_length_of_a_body_is_known_from_its_headers(
    headers: list[tuple[bytes, bytes]], length: int | None
) -> None:
    assert announced_length(scope_of("POST", headers=headers)) == length


async def test_a_body_passes_chunk_by_chunk() -> None:
    exchange = Exchange([b"ab", b"", b"c", b""])
    assert [chunk async for chunk in streamed(exchange.receive, 3)] == [b"ab", b"c"]


async def test_what_has_come_is_passed_on_before_the_rest_is_there() -> None:
    body = streamed(Exchange([b"ab", b"c"]).receive, 3)
    assert await anext(body) == b"ab"


async def test_a_body_over_the_limit_breaks_off() -> None:
    body = streamed(Exchange([b"ab", b"cd"]).receive, 3)
    assert await anext(body) == b"ab"
    with pytest.raises(BodyOverLimit):
        await anext(body)


async def test_a_client_that_leaves_leaves_no_whole_body() -> None:
    body = streamed(Exchange([b"ab"], leaves=True).receive, 3)
    assert await anext(body) == b"ab"
    with pytest.raises(ClientGone):
        await anext(body)


async def test_a_body_that_was_read_already_is_passed_in_one() -> None:
    assert [chunk async for chunk in once(b"abc")] == [b"abc"]
