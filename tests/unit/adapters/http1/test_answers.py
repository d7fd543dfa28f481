import asyncio

import pytest
from tests.unit.adapters.http1.asking import ask, request
from tests.unit.adapters.http1.scripted_server import OK, Peer, answering, serving

from adapters.noetl.http1.pooled_upstream import PooledUpstream


async def test_an_answer_comes_with_its_status_headers_and_body(upstream: PooledUpstream) -> None:
    answer = b"HTTP/1.1 418 Teapot\r\nX-Kind: black\r\nx-kind: green\r\nContent-Length: 3\r\n\r\ntea"
    async with serving(answering(answer)) as server:
        assert await ask(upstream, request(server.base_url)) == (
            418,
            [(b"x-kind", b"black"), (b"x-kind", b"green"), (b"content-length", b"3")],
            b"tea",
        )


async def test_a_second_request_uses_the_same_connection(upstream: PooledUpstream) -> None:
    async with serving(answering(OK)) as server:
        for _ in range(3):
            assert (await ask(upstream, request(server.base_url)))[2] == b"ok"
        assert server.connections == 1


async def test_host_and_prefix_come_from_the_base_url(upstream: PooledUpstream) -> None:
    async with serving(answering(OK)) as server:
        await ask(upstream, request(server.base_url + "/noetl/", target=b"/api/a%2Fb?c=%20d"))
        assert server.received[0].line == b"GET /noetl/api/a%2Fb?c=%20d HTTP/1.1"
        assert server.received[0].headers == [(b"host", server.base_url.removeprefix("http://").encode())]


async def test_an_answer_to_head_has_no_body_whatever_its_length_says(upstream: PooledUpstream) -> None:
    async with serving(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n")) as server:
        for _ in range(2):
            status, headers, body = await ask(upstream, request(server.base_url, "HEAD"))
            assert (status, headers, body) == (200, [(b"content-length", b"500")], b"")
        assert server.connections == 1


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_an_answer_without_body_ends_with_its_head(upstream: PooledUpstream, status: bytes) -> None:
    async with serving(answering(b"HTTP/1.1 " + status + b"\r\netag: x\r\n\r\n")) as server:
        for _ in range(2):
            assert (await ask(upstream, request(server.base_url)))[2] == b""
        assert server.connections == 1


async def test_a_304_may_tell_the_length_of_what_it_does_not_send(upstream: PooledUpstream) -> None:
    async with serving(answering(b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n")) as server:
        assert await ask(upstream, request(server.base_url)) == (304, [(b"content-length", b"9")], b"")


async def test_interim_answers_are_skipped(upstream: PooledUpstream) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    for pieces in ([*interim, OK], [b"".join(interim) + OK]):
        async with serving(answering(*pieces)) as server:
            for _ in range(2):
                assert await ask(upstream, request(server.base_url)) == (200, [(b"content-length", b"2")], b"ok")
            assert server.connections == 1


async def test_a_chunked_answer_is_decoded_and_its_trailers_dropped(upstream: PooledUpstream) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n"
    async with serving(answering(head, b"3;a=b\r\nabc\r\n", b"2\r\nde\r\n0\r\nx: y\r\n\r\n")) as server:
        for _ in range(2):
            assert await ask(upstream, request(server.base_url)) == (200, [], b"abcde")
        assert server.connections == 1


async def test_an_answer_without_length_ends_with_its_connection(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"HTTP/1.1 200 OK\r\n\r\nall", b" of it")

    async with serving(script) as server:
        for _ in range(2):
            assert await ask(upstream, request(server.base_url)) == (200, [], b"all of it")
        assert server.connections == 2


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: x, CLOSE\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n", True),
        (b"HTTP/1.0 200 OK\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", True),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\n", False),
    ],
)
async def test_the_server_decides_whether_the_connection_is_kept(
    upstream: PooledUpstream, head: bytes, kept: bool
) -> None:
    async with serving(answering(head + b"Content-Length: 2\r\n\r\nok")) as server:
        for _ in range(2):
            assert await ask(upstream, request(server.base_url)) == (200, [(b"content-length", b"2")], b"ok")
        assert server.connections == (1 if kept else 2)


async def test_hop_by_hop_headers_stay_behind_also_those_that_connection_names(upstream: PooledUpstream) -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nConnection: X-Internal, content-length\r\nX-Internal: 1\r\nKeep-Alive: timeout=5\r\n"
        b"Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nTE: x\r\nTrailer: y\r\n"
        b"X-Kept: 2 \t\r\nContent-Length: 0\r\n\r\n"
    )
    async with serving(answering(answer)) as server:
        headers = (await ask(upstream, request(server.base_url)))[1]
        assert headers == [(b"x-kept", b"2"), (b"content-length", b"0")]


async def test_redirects_are_not_followed(upstream: PooledUpstream) -> None:
    async with serving(answering(b"HTTP/1.1 302 Found\r\nlocation: /b\r\ncontent-length: 0\r\n\r\n")) as server:
        status, headers, _ = await ask(upstream, request(server.base_url))
        assert (status, headers[0]) == (302, (b"location", b"/b"))


async def test_ipv6_addresses_work_and_keep_their_brackets_in_host(upstream: PooledUpstream) -> None:
    async with serving(answering(OK), host="::1") as server:
        await ask(upstream, request(server.base_url))
        assert server.received[0].values(b"host")[0].startswith(b"[::1]:")


async def test_concurrent_requests_get_their_own_answers(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        while True:
            target = (await peer.request()).line.split()[1]
            await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(target), target)

    async with serving(script) as server:
        targets = [b"/%d" % number for number in range(100)]
        answers = await asyncio.gather(
            *(ask(upstream, request(server.base_url, target=target)) for target in targets)
        )
        assert [body for _, _, body in answers] == targets
