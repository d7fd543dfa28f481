"""Reuse, retries on stale connections, bounds, and what cancelling does."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from tests.unit.adapters.http1.asking import DEADLINE, ask, chunks, request
from tests.unit.adapters.http1.scripted_server import OK, Peer, answering, serving

from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.errors import UpstreamTimedOut, UpstreamUnreachable


async def stale_after_one_answer(peer: Peer) -> None:
    """Each connection takes a second request and breaks without a byte of answer."""
    answer = b"HTTP/1.1 200 OK\r\n\r\n" if (await peer.request()).line.startswith(b"HEAD") else OK
    await peer.answer(answer)
    await peer.request_head()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_an_idempotent_request_on_a_stale_connection_is_sent_once_more(
    upstream: PooledUpstream, method: str
) -> None:
    async with serving(stale_after_one_answer) as server:
        await ask(upstream, request(server.base_url))
        assert (await ask(upstream, request(server.base_url, method)))[0] == 200
        assert server.connections == 2


@pytest.mark.parametrize("method", ["POST", "PATCH", "get"])
async def test_a_request_that_may_not_be_done_twice_is_not_repeated(upstream: PooledUpstream, method: str) -> None:
    async with serving(stale_after_one_answer) as server:
        await ask(upstream, request(server.base_url))
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(server.base_url, method))
        assert server.connections == 1


async def test_a_request_whose_body_is_used_up_is_not_repeated(upstream: PooledUpstream) -> None:
    async with serving(stale_after_one_answer) as server:
        await ask(upstream, request(server.base_url))
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(server.base_url, "PUT", body=chunks(b"x"), content_length=1))
        assert server.connections == 1


async def test_a_new_connection_that_breaks_is_no_reason_to_repeat(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()

    async with serving(script) as server:
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(server.base_url))
        assert server.connections == 1


async def test_a_request_is_repeated_once_and_not_again(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        if peer.number == 1:
            await peer.answer(OK)
            await peer.request()

    async with serving(script) as server:
        await ask(upstream, request(server.base_url))
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(server.base_url))
        assert server.connections == 2


async def test_a_stale_connection_that_said_something_is_no_reason_to_repeat(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(OK)
        await peer.request()
        await peer.answer(b"HTTP/1.1 100 Continue\r\n\r\n")

    async with serving(script) as server:
        await ask(upstream, request(server.base_url))
        with pytest.raises(Exception, match="broken answer"):
            await ask(upstream, request(server.base_url))
        assert server.connections == 1


async def test_the_repetition_does_not_use_another_kept_connection(upstream: PooledUpstream) -> None:
    """After a restart of the upstream all kept connections are stale alike."""
    async with serving(stale_after_one_answer) as server:
        await asyncio.gather(*(ask(upstream, request(server.base_url)) for _ in range(3)))
        assert server.connections == 3
        assert (await ask(upstream, request(server.base_url)))[2] == b"ok"
        assert server.connections == 4


async def test_a_full_pool_gives_up_a_kept_connection_for_a_fresh_one() -> None:
    async with PooledUpstream(max_connections_per_origin=1) as upstream, serving(answering(OK)) as server:
        await ask(upstream, request(server.base_url))
        async with asyncio.timeout(DEADLINE):
            fresh = await upstream.route(server.base_url).pool.acquire_fresh()
        assert not fresh.closed
        assert server.connections == 2


async def test_a_closed_kept_connection_is_noticed_before_a_post_is_written_to_it(upstream: PooledUpstream) -> None:
    """The event loop has not seen the end yet; the kernel has."""
    listener = socket.create_server(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def serve_one() -> socket.socket:
        peer, _ = listener.accept()
        peer.recv(65536)
        peer.sendall(OK)
        return peer

    first = asyncio.create_task(asyncio.to_thread(serve_one))
    await ask(upstream, request(base_url))
    (await first).close()
    second = asyncio.create_task(asyncio.to_thread(serve_one))
    try:
        assert (await ask(upstream, request(base_url, "POST")))[2] == b"ok"
    finally:
        (await second).close()
        listener.close()


async def test_the_latest_used_connection_is_used_first(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        while True:
            if (await peer.request()).line.startswith(b"GET /slow"):
                await slow_may_end.wait()
            number = b"%d" % peer.number
            await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n" + number)

    slow_may_end = asyncio.Event()
    async with serving(script) as server:
        slow = asyncio.create_task(ask(upstream, request(server.base_url, target=b"/slow")))
        while not server.peers:
            await asyncio.sleep(0)
        assert (await ask(upstream, request(server.base_url)))[2] == b"2"
        slow_may_end.set()
        assert (await slow)[2] == b"1"
        assert [(await ask(upstream, request(server.base_url)))[2] for _ in range(3)] == [b"1"] * 3


async def test_no_more_connections_are_opened_than_allowed_and_everybody_is_served() -> None:
    async with PooledUpstream(max_connections_per_origin=3) as upstream, serving(answering(OK)) as server:
        answers = await asyncio.gather(*(ask(upstream, request(server.base_url)) for _ in range(50)))
        assert [body for _, _, body in answers] == [b"ok"] * 50
        assert server.connections == 3


async def test_everybody_is_served_although_no_connection_is_ever_kept() -> None:
    closing = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(closing)

    async with PooledUpstream(max_connections_per_origin=2) as upstream, serving(script) as server:
        answers = await asyncio.gather(*(ask(upstream, request(server.base_url)) for _ in range(20)))
        assert [body for _, _, body in answers] == [b"ok"] * 20
        assert server.connections == 20


async def never(peer: Peer) -> None:
    await peer.request()
    await asyncio.sleep(1000)


async def test_waiting_for_a_connection_has_a_deadline() -> None:
    async with PooledUpstream(max_connections_per_origin=1, queue_timeout=0.05) as upstream, serving(never) as server:
        first = asyncio.create_task(ask(upstream, request(server.base_url)))
        while not server.peers:
            await asyncio.sleep(0)
        with pytest.raises(UpstreamTimedOut):
            await ask(upstream, request(server.base_url))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_a_cancelled_request_gives_its_place_to_the_next_in_line() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        if peer.number == 1:
            await peer.until_client_leaves()
        else:
            await peer.answer(OK)

    async with PooledUpstream(max_connections_per_origin=1) as upstream, serving(script) as server:
        first = asyncio.create_task(ask(upstream, request(server.base_url)))
        while not server.peers:
            await asyncio.sleep(0)
        second = asyncio.create_task(ask(upstream, request(server.base_url)))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await second)[2] == b"ok"


async def test_leaving_early_closes_the_connection(upstream: PooledUpstream) -> None:
    left = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(OK if peer.number > 1 else b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")
        await peer.until_client_leaves()
        left.set()

    async with serving(script) as server:
        async with upstream.send(request(server.base_url)) as response:
            assert response.status == 200
        async with asyncio.timeout(DEADLINE):
            await left.wait()
        assert (await ask(upstream, request(server.base_url)))[2] == b"ok"
        assert server.connections == 2


async def test_leaving_without_reading_keeps_the_connection_when_all_had_arrived(upstream: PooledUpstream) -> None:
    async with serving(answering(OK)) as server:
        for _ in range(2):
            async with upstream.send(request(server.base_url)):
                pass
        assert server.connections == 1


async def test_a_cancelled_request_closes_its_connection(upstream: PooledUpstream) -> None:
    left = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.until_client_leaves()
        left.set()

    async with serving(script) as server:
        task = asyncio.create_task(ask(upstream, request(server.base_url)))
        while not server.peers:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(DEADLINE):
            await left.wait()


async def test_cancelling_while_connecting_neither_loses_nor_doubles_a_place() -> None:
    async with PooledUpstream(max_connections_per_origin=1) as upstream, serving(answering(OK)) as server:
        for turns in range(6):
            task = asyncio.create_task(ask(upstream, request(server.base_url)))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        before = server.connections
        answers = await asyncio.gather(*(ask(upstream, request(server.base_url)) for _ in range(5)))
        assert [body for _, _, body in answers] == [b"ok"] * 5
        assert server.connections <= before + 1, "a place was given away twice"


async def test_a_slow_reader_holds_the_upstream_back(upstream: PooledUpstream) -> None:
    written = 0
    piece = b"x" * 65536

    async def script(peer: Peer) -> None:
        nonlocal written
        await peer.request()
        await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (len(piece) * 400))
        for _ in range(400):
            peer.writer.write(piece)
            await peer.writer.drain()
            written += len(piece)

    async with serving(script) as server, upstream.send(request(server.base_url)) as response:
        first = await anext(response.body)
        await asyncio.sleep(0.2)
        stuck_at = written
        await asyncio.sleep(0.05)
        assert written == stuck_at < 350 * len(piece)
        rest = [len(chunk) async for chunk in response.body]
        assert len(first) + sum(rest) == 400 * len(piece)
        assert max(rest) < 600_000


async def test_reading_the_rest_of_an_answer_does_not_touch_the_connection_s_next_user(
    upstream: PooledUpstream,
) -> None:
    """The first answer is complete and unread when its connection serves somebody else."""
    big = b"y" * 100_000
    async with (
        serving(answering(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(big) + big)) as server,
        upstream.send(request(server.base_url)) as first,
    ):
        first_half = await anext(first.body)
        await asyncio.sleep(0.05)
        async with upstream.send(request(server.base_url)) as second:
            assert first_half + b"".join([chunk async for chunk in first.body]) == big
            assert b"".join([chunk async for chunk in second.body]) == big


async def test_an_unused_connection_is_closed_after_a_while() -> None:
    left = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(OK)
        await peer.until_client_leaves()
        left.set()

    async with PooledUpstream(idle_timeout=0.05) as upstream, serving(script) as server:
        await ask(upstream, request(server.base_url))
        async with asyncio.timeout(DEADLINE):
            await left.wait()


async def test_origins_do_not_share_connections_but_base_urls_of_one_origin_do(upstream: PooledUpstream) -> None:
    async with serving(answering(OK)) as one, serving(answering(OK)) as other:
        for base_url in (one.base_url, one.base_url + "/prefix", other.base_url):
            await ask(upstream, request(base_url))
        assert (one.connections, other.connections) == (1, 1)


async def test_closing_ends_what_is_under_way_and_refuses_what_comes() -> None:
    async with serving(never) as server:
        upstream = PooledUpstream(max_connections_per_origin=1)
        under_way = [asyncio.create_task(ask(upstream, request(server.base_url))) for _ in range(2)]
        while not server.peers:
            await asyncio.sleep(0)
        await upstream.aclose()
        outcomes = await asyncio.gather(*under_way, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [UpstreamUnreachable] * 2
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(server.base_url))


async def test_making_one_needs_no_event_loop_and_opens_nothing() -> None:
    def make() -> PooledUpstream:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return PooledUpstream()

    upstream = await asyncio.to_thread(make)
    await upstream.aclose()


async def test_a_body_iterator_that_is_left_alone_does_no_harm(upstream: PooledUpstream) -> None:
    async def unused() -> AsyncIterator[bytes]:
        yield b""

    async with serving(answering(OK)) as server:
        asked = request(server.base_url, "POST", body=unused(), content_length=0)
        assert (await ask(upstream, asked))[2] == b"ok"
