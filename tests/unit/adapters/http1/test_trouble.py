"""What an upstream can do wrong: each time one clean domain error, and a connection that nobody gets again."""

import asyncio
import socket

import pytest
from tests.unit.adapters.http1.asking import DEADLINE, ask, request
from tests.unit.adapters.http1.scripted_server import OK, Peer, Script, answering, reset, serving

from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.errors import UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable

HEAD = b"HTTP/1.1 200 OK\r\n"


def first_then_well(*answers: bytes, close: bool = False) -> Script:
    """The first connection answers with `answers`, and stays open unless told; all others are flawless."""

    async def script(peer: Peer) -> None:
        await peer.request()
        if peer.number > 1:
            await peer.answer(OK)
            return
        await peer.answer(*answers)
        if not close:
            await peer.until_client_leaves()

    return script


BROKEN = {
    "garbage": b"\x00\x01\x02\x03",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/2": b"HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "an empty line first": b"\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "a status of two digits": b"HTTP/1.1 20 OK\r\ncontent-length: 2\r\n\r\nok",
    "a status out of range": b"HTTP/1.1 600 OK\r\ncontent-length: 2\r\n\r\nok",
    "switching protocols": b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    "bare line feeds": b"HTTP/1.1 200 OK\ncontent-length: 2\n\nok\r\n\r\n",
    "length and chunks": HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": HEAD + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    "two differing lengths": HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\nokk",
    "two lengths in one": HEAD + b"content-length: 2, 3\r\n\r\nokk",
    "a negative length": HEAD + b"content-length: -2\r\n\r\nok",
    "a length with a sign": HEAD + b"content-length: +2\r\n\r\nok",
    "a length beyond 64 bits": HEAD + b"content-length: 99999999999999999999\r\n\r\nok",
    "an unknown transfer coding": HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "transfer coding twice": HEAD + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "204 with a body": b"HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok",
    "204 that announces a body": b"HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n",
    "204 in chunks": b"HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n",
    "a header without colon": HEAD + b"content-length\r\n\r\n",
    "a space before the colon": HEAD + b"content-length : 2\r\n\r\nok",
    "a header without name": HEAD + b": x\r\ncontent-length: 2\r\n\r\nok",
    "a folded header": HEAD + b"x: a\r\n b\r\ncontent-length: 2\r\n\r\nok",
    "a NUL in a header": HEAD + b"x: a\x00b\r\ncontent-length: 2\r\n\r\nok",
    "a header flood": HEAD + b"x: y\r\n" * 201 + b"content-length: 2\r\n\r\nok",
    "an endless header": HEAD + b"x: " + b"y" * 70000,
    "an endless head": HEAD + b"x: y\r\n" * 12000,
    "endless interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 3000,
    "a body longer than announced": HEAD + b"content-length: 2\r\n\r\nokk",
    "an empty line after the body": HEAD + b"content-length: 2\r\n\r\nok\r\n",
    "a second answer": OK + OK,
    "a body after HEAD's kind of answer": b"HTTP/1.1 304 Not Modified\r\n\r\nok",
    "a broken chunk size": HEAD + b"transfer-encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
    "a chunk size with prefix": HEAD + b"transfer-encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk longer than its size": HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    "an endless chunk extension": HEAD + b"transfer-encoding: chunked\r\n\r\n2;" + b"x" * 70000,
    "endless trailers": HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 12000,
    "a broken trailer": HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\nxy\r\n\r\n",
    "bytes after the last chunk": HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n\r\n",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_a_broken_answer_is_refused_and_its_connection_is_not_used_again(
    upstream: PooledUpstream, broken: bytes
) -> None:
    async with serving(first_then_well(broken)) as server:
        with pytest.raises(UpstreamMisbehaved):
            await ask(upstream, request(server.base_url))
        assert (await ask(upstream, request(server.base_url)))[2] == b"ok"
        assert server.connections == 2


SHORT = {
    "nothing after the status line": HEAD,
    "half a head": b"HTTP/1.1 200 OK\r\nconte",
    "half a body": HEAD + b"content-length: 10\r\n\r\nhalf",
    "half a chunk": HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nab",
    "no last chunk": HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
    "no end of the trailers": HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n",
    "only an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.parametrize("short", SHORT.values(), ids=SHORT)
async def test_an_answer_that_breaks_off_is_an_error_and_never_a_short_body(
    upstream: PooledUpstream, short: bytes
) -> None:
    async with serving(first_then_well(short, close=True)) as server:
        with pytest.raises(UpstreamMisbehaved):
            await ask(upstream, request(server.base_url))
        assert (await ask(upstream, request(server.base_url)))[2] == b"ok"


async def test_what_came_before_the_answer_broke_off_can_be_read(upstream: PooledUpstream) -> None:
    async with (
        serving(first_then_well(HEAD + b"content-length: 10\r\n\r\n", b"half", close=True)) as server,
        upstream.send(request(server.base_url)) as response,
    ):
        assert await anext(response.body) == b"half"
        with pytest.raises(UpstreamMisbehaved):
            await anext(response.body)


async def test_a_connection_closed_without_an_answer_is_unreachable(upstream: PooledUpstream) -> None:
    async with serving(first_then_well(close=True)) as server:
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(server.base_url))


async def test_a_connection_that_is_reset_in_the_middle_is_an_error(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request_head()
        await peer.answer(HEAD + b"\r\n", b"part")
        reset(peer)

    async with serving(script) as server:
        with pytest.raises(UpstreamMisbehaved):
            await ask(upstream, request(server.base_url))


async def test_bytes_that_follow_a_complete_answer_later_end_the_connection(upstream: PooledUpstream) -> None:
    poisoned = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(OK)
        if peer.number == 1:
            await poisoned.wait()
            await peer.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison")
            await peer.until_client_leaves()

    async with serving(script) as server:
        assert (await ask(upstream, request(server.base_url)))[2] == b"ok"
        poisoned.set()
        async with asyncio.timeout(DEADLINE):
            while not server.peers[0].reader.at_eof():
                await asyncio.sleep(0)
        assert (await ask(upstream, request(server.base_url)))[2] == b"ok"
        assert server.connections == 2


async def test_bytes_that_lie_in_the_kernel_unread_never_become_the_next_answer(upstream: PooledUpstream) -> None:
    """The event loop has not seen them yet when the next request comes: the kernel is asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def serve_first() -> socket.socket:
        peer, _ = listener.accept()
        peer.recv(65536)
        peer.sendall(OK)
        return peer

    first = asyncio.create_task(asyncio.to_thread(serve_first))
    assert (await ask(upstream, request(base_url)))[2] == b"ok"
    peer = await first
    peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison")
    second = asyncio.create_task(asyncio.to_thread(serve_first))
    try:
        assert (await ask(upstream, request(base_url)))[2] == b"ok"
    finally:
        (await second).close()
        peer.close()
        listener.close()


async def test_nobody_listening_is_unreachable(upstream: PooledUpstream) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(f"http://127.0.0.1:{unused.getsockname()[1]}"))


async def test_a_name_that_does_not_exist_is_unreachable(upstream: PooledUpstream) -> None:
    with pytest.raises(UpstreamUnreachable):
        await ask(upstream, request("http://" + "a" * 70 + ".invalid"))


async def test_a_server_that_takes_no_connection_in_time_is_timed_out() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    address = listener.getsockname()
    # The queue of connections that nobody accepts is full, and the kernel drops what comes then.
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(address)
    try:
        async with PooledUpstream(connect_timeout=0.1) as upstream:
            with pytest.raises(UpstreamTimedOut):
                await ask(upstream, request(f"http://127.0.0.1:{address[1]}"))
    finally:
        for each in (listener, *fillers):
            each.close()


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\ncontent-", HEAD + b"content-length: 5\r\n\r\nab", HEAD + b"\r\n"],
    ids=["nothing", "half a head", "half a body", "no end"],
)
async def test_a_silent_upstream_is_timed_out(said: bytes) -> None:
    async with PooledUpstream(silence_timeout=0.1) as upstream, serving(first_then_well(said)) as server:
        with pytest.raises(UpstreamTimedOut):
            await ask(upstream, request(server.base_url))
        assert (await ask(upstream, request(server.base_url)))[2] == b"ok"


async def test_a_head_that_trickles_is_timed_out_like_silence() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(HEAD)
        while True:
            await peer.answer(b"x: y\r\n")
            await asyncio.sleep(0.02)

    async with PooledUpstream(silence_timeout=0.2) as upstream, serving(script) as server:
        with pytest.raises(UpstreamTimedOut):
            await ask(upstream, request(server.base_url))


async def test_a_slow_body_is_not_timed_out_while_it_comes() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(HEAD + b"content-length: 10\r\n\r\n")
        for _ in range(10):
            await asyncio.sleep(0.05)
            await peer.answer(b"x")

    async with PooledUpstream(silence_timeout=0.2) as upstream, serving(script) as server:
        assert (await ask(upstream, request(server.base_url)))[2] == b"x" * 10


async def test_a_slow_reader_is_not_taken_for_a_silent_upstream() -> None:
    big = b"x" * 3_000_000
    answer = HEAD + b"content-length: %d\r\n\r\n" % len(big) + big
    async with (
        PooledUpstream(silence_timeout=0.1) as upstream,
        serving(answering(answer)) as server,
        upstream.send(request(server.base_url)) as response,
    ):
        await asyncio.sleep(0.3)
        assert b"".join([chunk async for chunk in response.body]) == big


async def test_errors_name_no_address_and_quote_no_upstream(upstream: PooledUpstream) -> None:
    async with serving(first_then_well(b"HTTP/1.1 secret\r\n\r\n")) as server:
        with pytest.raises(UpstreamMisbehaved) as caught:
            await ask(upstream, request(server.base_url))
        assert str(caught.value) == UpstreamMisbehaved.default


async def test_the_log_says_what_was_wrong_and_quotes_nothing(
    upstream: PooledUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(first_then_well(b"HTTP/1.1 200 OK\r\nset-cookie secret\r\n\r\n")) as server:
        with pytest.raises(UpstreamMisbehaved):
            await ask(upstream, request(server.base_url))
    assert "broken answer" in caplog.text
    assert "secret" not in caplog.text
