import asyncio
import ssl
from pathlib import Path

import pytest
from tests.unit.adapters.http1.asking import ask, chunks, request
from tests.unit.adapters.http1.certificates import server_and_client_context
from tests.unit.adapters.http1.scripted_server import OK, Peer, answering, serving

from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.errors import UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable


@pytest.fixture
def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return server_and_client_context(tmp_path)


Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


async def test_requests_and_bodies_go_over_tls_on_a_kept_connection(contexts: Contexts) -> None:
    async with PooledUpstream(ssl_context=contexts[1]) as upstream, serving(answering(OK), tls=contexts[0]) as server:
        for _ in range(3):
            big = chunks(*[b"x" * 50_000] * 8)
            assert (await ask(upstream, request(server.base_url, "POST", body=big, content_length=400_000)))[
                2
            ] == b"ok"
        assert server.connections == 1
        assert [len(received.body) for received in server.received] == [400_000] * 3


async def test_a_large_answer_comes_whole_over_tls(contexts: Contexts) -> None:
    big = bytes(range(256)) * 8000
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(big) + big
    async with (
        PooledUpstream(ssl_context=contexts[1]) as upstream,
        serving(answering(answer), tls=contexts[0]) as server,
    ):
        assert (await ask(upstream, request(server.base_url)))[2] == big


async def test_an_answer_without_length_ends_with_the_tls_connection(contexts: Contexts) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"HTTP/1.1 200 OK\r\n\r\nall")
        peer.writer.close()
        await peer.writer.wait_closed()

    async with PooledUpstream(ssl_context=contexts[1]) as upstream, serving(script, tls=contexts[0]) as server:
        assert (await ask(upstream, request(server.base_url)))[2] == b"all"


async def test_a_certificate_that_nobody_vouches_for_is_unreachable(contexts: Contexts) -> None:
    async with PooledUpstream() as upstream, serving(answering(OK), tls=contexts[0]) as server:
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(server.base_url))


async def test_a_certificate_for_another_name_is_unreachable(tmp_path: Path) -> None:
    server_context, client_context = server_and_client_context(tmp_path, "127.0.0.2")
    async with (
        PooledUpstream(ssl_context=client_context) as upstream,
        serving(answering(OK), tls=server_context) as server,
    ):
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(server.base_url))


async def test_a_server_that_does_not_speak_tls_is_unreachable(contexts: Contexts) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.read(100)
        await peer.answer(OK)

    async with PooledUpstream(ssl_context=contexts[1]) as upstream, serving(script) as server:
        with pytest.raises(UpstreamUnreachable):
            await ask(upstream, request(server.base_url.replace("http:", "https:")))


async def test_a_handshake_that_never_ends_is_timed_out(contexts: Contexts) -> None:
    async def script(peer: Peer) -> None:
        await asyncio.sleep(1000)

    async with PooledUpstream(ssl_context=contexts[1], connect_timeout=0.1) as upstream, serving(script) as server:
        with pytest.raises(UpstreamTimedOut):
            await ask(upstream, request(server.base_url.replace("http:", "https:")))


async def test_an_answer_without_length_that_tls_does_not_end_properly_is_no_answer(contexts: Contexts) -> None:
    """Anybody on the way can end a TCP connection; only the server can end the TLS one (RFC 9112, 9.8)."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"HTTP/1.1 200 OK\r\n\r\npart")
        peer.writer.transport.abort()

    async with PooledUpstream(ssl_context=contexts[1]) as upstream, serving(script, tls=contexts[0]) as server:
        with pytest.raises(UpstreamMisbehaved):
            await ask(upstream, request(server.base_url))
