import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.unit.adapters.http1.asking import DEADLINE, ask, chunks, request
from tests.unit.adapters.http1.scripted_server import OK, Peer, answering, reset, serving

from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.errors import (
    RequestMalformed,
    UpstreamMisbehaved,
    UpstreamSuspended,
    UpstreamTimedOut,
    UpstreamUnreachable,
)

EARLY = b"HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig"


async def sent(upstream: PooledUpstream, **asked: object) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """What the server got: headers without host, and the body."""
    async with serving(answering(OK)) as server:
        assert (await ask(upstream, request(server.base_url, **asked)))[0] == 200  # type: ignore[arg-type]
        received = server.received[0]
        return [field for field in received.headers if field[0] != b"host"], received.body


async def test_a_body_of_known_length_is_sent_with_that_length(upstream: PooledUpstream) -> None:
    headers, body = await sent(upstream, method="POST", body=chunks(b"ab", b"", b"cde"), content_length=5)
    assert (headers, body) == ([(b"content-length", b"5")], b"abcde")


async def test_a_body_of_unknown_length_is_sent_in_chunks(upstream: PooledUpstream) -> None:
    headers, body = await sent(upstream, method="POST", body=chunks(b"ab", b"", b"c" * 300))
    assert (headers, body) == ([(b"transfer-encoding", b"chunked")], b"ab" + b"c" * 300)


async def test_an_empty_body_of_unknown_length_is_one_last_chunk(upstream: PooledUpstream) -> None:
    assert (await sent(upstream, method="PUT", body=chunks()))[1] == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_a_post_without_body_says_so(upstream: PooledUpstream, method: str) -> None:
    assert (await sent(upstream, method=method))[0] == [(b"content-length", b"0")]


async def test_a_large_body_arrives_whole_and_is_never_held_in_memory_as_a_whole(upstream: PooledUpstream) -> None:
    piece = bytes(range(256)) * 256
    ahead = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal ahead
        for number in range(160):
            ahead = max(ahead, number - taken // len(piece))
            yield piece

    taken = 0

    async def script(peer: Peer) -> None:
        nonlocal taken
        await peer.request_head()
        while taken < 160 * len(piece):
            taken += len(await peer.reader.read(65536))
            await asyncio.sleep(0)
        await peer.answer(OK)

    async with serving(script) as server:
        await ask(upstream, request(server.base_url, "POST", body=body(), content_length=160 * len(piece)))
    assert taken == 160 * len(piece)
    assert ahead < 150, "the body ran ahead of the upstream"


async def test_the_connection_is_kept_after_an_upload(upstream: PooledUpstream) -> None:
    async with serving(answering(OK)) as server:
        for _ in range(2):
            await ask(upstream, request(server.base_url, "POST", body=chunks(b"ab"), content_length=2))
        assert server.connections == 1


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 10000
        await asyncio.sleep(0)


async def stalled() -> AsyncIterator[bytes]:
    yield b"x"
    await asyncio.sleep(1000)


@pytest.mark.parametrize("body", [endless, stalled])
async def test_an_answer_that_comes_before_the_body_is_sent_ends_the_upload(
    upstream: PooledUpstream, body: object
) -> None:
    async def script(peer: Peer) -> None:
        await peer.request_head()
        await peer.answer(OK if peer.number > 1 else EARLY)
        await peer.until_client_leaves()

    async with serving(script) as server:
        asked = request(server.base_url, "POST", body=body(), content_length=10**9)  # type: ignore[operator]
        assert (await ask(upstream, asked))[::2] == (413, b"big")
        assert (await ask(upstream, request(server.base_url)))[2] == b"ok"
        assert server.connections == 2
        task = asyncio.current_task()
        assert task is not None and task.cancelling() == 0


async def test_an_early_answer_streams_on_after_the_upload_was_ended(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request_head()
        await peer.answer(b"HTTP/1.1 413 Too Large\r\ncontent-length: 6\r\n\r\n", b"not", b" so")
        await peer.until_client_leaves()

    async with serving(script) as server:
        asked = request(server.base_url, "POST", body=stalled(), content_length=10**9)
        assert (await ask(upstream, asked))[2] == b"not so"


async def test_an_early_answer_wakes_an_upload_that_waits_for_the_upstream_to_read(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request_head()
        await asyncio.sleep(0.05)
        await peer.answer(EARLY)
        await asyncio.sleep(1000)

    async with serving(script) as server:
        asked = request(server.base_url, "POST", body=endless(), content_length=10**9)
        assert (await ask(upstream, asked))[2] == b"big"


async def test_a_body_that_answers_its_interruption_with_an_error_does_not_spoil_the_answer(
    upstream: PooledUpstream,
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x"
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            raise RuntimeError("the client has gone") from None

    async def script(peer: Peer) -> None:
        await peer.request_head()
        await peer.answer(EARLY)
        await peer.until_client_leaves()

    async with serving(script) as server:
        asked = request(server.base_url, "POST", body=body(), content_length=100)
        assert (await ask(upstream, asked))[0] == 413


async def test_a_body_that_swallows_its_interruption_does_not_spoil_the_answer(upstream: PooledUpstream) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x"
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            yield b"y"

    async def script(peer: Peer) -> None:
        await peer.request_head()
        await peer.answer(EARLY)
        await peer.until_client_leaves()

    async with serving(script) as server:
        iterator = body()
        asked = request(server.base_url, "POST", body=iterator, content_length=100)
        assert (await ask(upstream, asked))[0] == 413
        task = asyncio.current_task()
        assert task is not None and task.cancelling() == 0


async def test_an_error_of_the_body_passes_through_and_nothing_is_reused(upstream: PooledUpstream) -> None:
    class ClientGone(Exception):
        pass

    async def body() -> AsyncIterator[bytes]:
        yield b"x"
        raise ClientGone

    async with serving(answering(OK)) as server:
        with pytest.raises(ClientGone):
            await ask(upstream, request(server.base_url, "POST", body=body(), content_length=100))
        assert (await ask(upstream, request(server.base_url)))[2] == b"ok"
        assert server.connections == 2


@pytest.mark.parametrize("pieces", [(b"abc",), (b"abcd", b"ef")], ids=["shorter", "longer"])
async def test_a_body_of_another_length_than_announced_is_refused(
    upstream: PooledUpstream, pieces: tuple[bytes, ...]
) -> None:
    async with serving(answering(OK)) as server:
        with pytest.raises(RequestMalformed):
            await ask(upstream, request(server.base_url, "POST", body=chunks(*pieces), content_length=5))


async def test_an_upstream_that_breaks_during_the_upload_ends_it(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request_head()
        await peer.answer(b"HTTP/1.1 nonsense\r\n\r\n")

    async with serving(script) as server:
        with pytest.raises(UpstreamMisbehaved):
            await ask(upstream, request(server.base_url, "POST", body=stalled(), content_length=10**9))


async def test_an_upstream_that_resets_the_connection_during_the_upload_ends_it(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request_head()
        await peer.reader.read(20_000)
        reset(peer)

    async with serving(script) as server:
        for _ in range(20):
            with pytest.raises((UpstreamUnreachable, UpstreamSuspended)):
                await ask(upstream, request(server.base_url, "POST", body=endless(), content_length=10**9))


async def test_an_upstream_that_takes_no_more_bytes_is_timed_out() -> None:
    async def script(peer: Peer) -> None:
        await asyncio.sleep(1000)

    async with PooledUpstream(silence_timeout=0.1) as upstream, serving(script) as server:
        with pytest.raises(UpstreamTimedOut):
            await ask(upstream, request(server.base_url, "POST", body=endless(), content_length=10**9))


async def test_an_early_answer_that_stops_in_the_middle_is_timed_out() -> None:
    async def script(peer: Peer) -> None:
        await peer.request_head()
        await peer.answer(b"HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\n")
        await peer.until_client_leaves()

    async with PooledUpstream(silence_timeout=0.1) as upstream, serving(script) as server:
        with pytest.raises(UpstreamTimedOut):
            await ask(upstream, request(server.base_url, "POST", body=stalled(), content_length=10**9))


async def test_a_slow_client_is_not_taken_for_a_silent_upstream() -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(3):
            await asyncio.sleep(0.15)
            yield b"x"

    async with PooledUpstream(silence_timeout=0.1) as upstream, serving(answering(OK)) as server:
        await ask(upstream, request(server.base_url, "POST", body=body(), content_length=3))
        assert server.received[0].body == b"xxx"


async def test_a_cancelled_upload_closes_its_connection(upstream: PooledUpstream) -> None:
    left = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request_head()
        begun.set()
        await peer.until_client_leaves()
        left.set()

    begun = asyncio.Event()
    async with serving(script) as server:
        asked = request(server.base_url, "POST", body=stalled(), content_length=100)
        task = asyncio.create_task(ask(upstream, asked))
        async with asyncio.timeout(DEADLINE):
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await left.wait()


async def test_an_interim_answer_during_the_upload_does_not_end_it(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request_head()
        await peer.answer(b"HTTP/1.1 100 Continue\r\n\r\n")
        go_on.set()
        assert await peer.reader.readexactly(2) == b"ab"
        await peer.answer(OK)

    async def body() -> AsyncIterator[bytes]:
        await go_on.wait()
        yield b"ab"

    go_on = asyncio.Event()
    async with serving(script) as server:
        assert (await ask(upstream, request(server.base_url, "POST", body=body(), content_length=2)))[2] == b"ok"
