from collections.abc import AsyncIterator, Sequence

import pytest
from tests.contracts import upstreams
from tests.contracts.upstreams import Reachable

from domain.errors import UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable
from domain.proxying import UpstreamRequest, UpstreamResponse


@pytest.fixture(params=[upstreams.memory, upstreams.pooled_http], ids=lambda make: make.__name__)
async def reachable(request: pytest.FixtureRequest) -> AsyncIterator[Reachable]:
    async with request.param() as made:
        yield made


async def chunks(*given: bytes) -> AsyncIterator[bytes]:
    for chunk in given:
        yield chunk


def asking(
    reachable: Reachable,
    target: bytes,
    *,
    method: str = "GET",
    body: AsyncIterator[bytes] | None = None,
    content_length: int | None = None,
) -> UpstreamRequest:
    return UpstreamRequest(
        method=method,
        base_url=reachable.base_url,
        target=target,
        headers=((b"accept", b"*/*"), (b"x-own", b"7")),
        body=body,
        content_length=content_length,
    )


async def text(response: UpstreamResponse) -> bytes:
    return b"".join([chunk async for chunk in response.body])


def value(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    return dict(headers).get(name)


async def test_a_request_arrives_as_it_is_and_its_answer_comes_back(reachable: Reachable) -> None:
    async with reachable.upstream.send(asking(reachable, b"/echo/a%2Fb?q=%20")) as response:
        assert response.status == 200
        assert value(response.headers, b"x-line") == b"GET /echo/a%2Fb?q=%20"
        assert value(response.headers, b"x-own") == b"7"
        assert await text(response) == b""


@pytest.mark.parametrize("content_length", [6, None])
async def test_a_body_is_sent_whether_its_length_is_known_or_not(
    reachable: Reachable, content_length: int | None
) -> None:
    request = asking(reachable, b"/echo", method="POST", body=chunks(b"abc", b"def"), content_length=content_length)
    async with reachable.upstream.send(request) as response:
        assert await text(response) == b"abcdef"


async def test_an_error_status_is_an_answer(reachable: Reachable) -> None:
    async with reachable.upstream.send(asking(reachable, b"/missing")) as response:
        assert (response.status, await text(response)) == (404, b"missing")


async def test_a_redirect_is_not_followed(reachable: Reachable) -> None:
    async with reachable.upstream.send(asking(reachable, b"/elsewhere")) as response:
        assert (response.status, value(response.headers, b"location")) == (302, b"/echo")


async def test_one_exchange_may_follow_another(reachable: Reachable) -> None:
    for n in range(3):
        body = chunks(str(n).encode())
        request = asking(reachable, b"/echo", method="POST", body=body, content_length=1)
        async with reachable.upstream.send(request) as response:
            assert await text(response) == str(n).encode()


async def test_an_exchange_that_is_left_early_does_not_reach_the_next_one(reachable: Reachable) -> None:
    body = chunks(b"x" * 100_000)
    left = asking(reachable, b"/echo", method="POST", body=body, content_length=100_000)
    async with reachable.upstream.send(left):
        pass

    async with reachable.upstream.send(asking(reachable, b"/missing")) as response:
        assert await text(response) == b"missing"


async def test_an_answer_that_breaks_off_is_misbehaviour(reachable: Reachable) -> None:
    async with reachable.upstream.send(asking(reachable, b"/broken")) as response:
        assert response.status == 200
        with pytest.raises(UpstreamMisbehaved):
            await text(response)


async def test_silence_is_a_timeout(reachable: Reachable) -> None:
    with pytest.raises(UpstreamTimedOut):
        async with reachable.upstream.send(asking(reachable, b"/silent")):
            pass


async def test_where_nobody_listens_nothing_is_reached(reachable: Reachable) -> None:
    nowhere = UpstreamRequest(method="GET", base_url=reachable.nowhere, target=b"/echo", headers=())

    with pytest.raises(UpstreamUnreachable):
        async with reachable.upstream.send(nowhere):
            pass


async def test_what_the_requests_own_body_raises_passes_through(reachable: Reachable) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"abc"
        raise LookupError("the client has gone")

    request = asking(reachable, b"/echo", method="POST", body=failing())
    with pytest.raises(LookupError):
        async with reachable.upstream.send(request):
            pass
