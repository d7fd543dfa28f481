"""A connection driven without a coroutine, as a lane below the web framework does it."""

import asyncio
from collections.abc import Callable

import pytest
from tests.unit.adapters.http1.asking import DEADLINE
from tests.unit.adapters.http1.listening import Listener
from tests.unit.adapters.http1.scripted_server import OK, Peer, answering, serving

from adapters.noetl.http1.connection import Connection
from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.errors import UpstreamMisbehaved, UpstreamUnreachable

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():
            await asyncio.sleep(0.001)


async def test_a_listener_hears_head_body_and_end_when_the_connection_is_free_again(upstream: PooledUpstream) -> None:
    class Chained(Listener):
        """Asks again from within its own end."""

        next: Listener | None = None

        def on_complete(self) -> None:
            super().on_complete()
            connection = route.pool.take()
            assert connection is not None
            self.next = Listener()
            connection.start(self.next, GET, answers_head=False, body_follows=False)

    async with serving(answering(OK)) as server:
        route = upstream.route(server.base_url)
        listener = Chained()
        (await route.pool.acquire()).start(listener, GET, answers_head=False, body_follows=False)
        await until(lambda: listener.next is not None and listener.next.over)
        assert listener.next is not None
        assert (listener.body, listener.next.body) == (b"ok", b"ok")
        assert server.connections == 1


@pytest.mark.parametrize("moment", ["on_head", "on_body"])
async def test_a_listener_may_abandon_the_exchange_from_within_a_call(upstream: PooledUpstream, moment: str) -> None:
    held: list[Connection] = []

    class Leaving(Listener):
        def on_complete(self) -> None:
            raise AssertionError("nothing is complete that was abandoned")

    listener = Leaving()
    heard = getattr(listener, moment)

    def leave(*arguments: object) -> None:
        heard(*arguments)
        held[0].abandon()

    setattr(listener, moment, leave)
    async with serving(answering(OK)) as server:
        route = upstream.route(server.base_url)
        held.append(await route.pool.acquire())
        held[0].start(listener, GET, answers_head=False, body_follows=False)
        await until(lambda: held[0].closed)
        assert route.pool.take() is None
        assert not listener.over


async def test_nothing_is_heard_after_abandoning(upstream: PooledUpstream) -> None:
    async with serving(answering(OK)) as server:
        connection = await upstream.route(server.base_url).pool.acquire()
        listener = Listener()
        connection.start(listener, GET, answers_head=False, body_follows=False)
        connection.abandon()
        await asyncio.sleep(0.05)
        assert listener == Listener()


async def test_a_held_back_upstream_goes_on_when_it_may(upstream: PooledUpstream) -> None:
    class Reluctant(Listener):
        def on_body(self, chunk: bytes) -> None:
            super().on_body(chunk)
            if len(self.chunks) == 1:
                connection.pause_reading()

    big = b"x" * 2_000_000
    async with serving(answering(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(big), big)) as server:
        connection = await upstream.route(server.base_url).pool.acquire()
        listener = Reluctant()
        connection.start(listener, GET, answers_head=False, body_follows=False)
        await until(lambda: listener.chunks)
        await asyncio.sleep(0.05)
        assert len(listener.chunks) == 1
        connection.resume_reading()
        await until(lambda: listener.over)
        assert listener.body == big


async def test_the_failure_tells_whether_the_request_may_be_repeated(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        if peer.number == 2:
            await peer.answer(b"HTTP/1.1 ")
            return
        await peer.answer(OK)
        await peer.request()

    async with serving(script) as server:
        route = upstream.route(server.base_url)
        outcomes = []
        for _ in range(3):
            listener = Listener()
            (await route.pool.acquire()).start(listener, GET, answers_head=False, body_follows=False)
            await until(lambda: listener.over)  # noqa: B023
            outcomes.append((type(listener.error), listener.retryable))
        assert outcomes == [(type(None), False), (UpstreamUnreachable, True), (UpstreamMisbehaved, False)]


async def test_an_upload_waits_while_the_upstream_takes_nothing(upstream: PooledUpstream) -> None:
    go_on = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request_head()
        await go_on.wait()
        await peer.reader.readexactly(30_000_000)
        await peer.answer(OK)
        await peer.until_client_leaves()

    async with serving(script) as server:
        connection = await upstream.route(server.base_url).pool.acquire()
        listener = Listener()
        head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 30000000\r\n\r\n"
        connection.start(listener, head, answers_head=False, body_follows=True)
        connection.send((b"x" * 30_000_000,))
        await until(lambda: not connection.writable)
        assert not listener.writable_again
        go_on.set()
        await until(lambda: listener.writable_again)
        connection.finish_request()
        await until(lambda: listener.over)
        assert listener.body == b"ok" and not connection.closed
