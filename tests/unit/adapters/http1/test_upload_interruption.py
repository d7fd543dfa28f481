"""Breaking off the wait for a next piece of body: the cancellation is ours and stays ours."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

import anyio
import pytest
from tests.unit.adapters.http1.asking import ask, chunks, request
from tests.unit.adapters.http1.scripted_server import Peer, serving

from adapters.noetl.http1.awaited_exchange import AwaitedExchange
from adapters.noetl.http1.connection import Connection
from adapters.noetl.http1.pooled_upstream import PooledUpstream
from adapters.noetl.http1.response_head import ResponseHead
from adapters.noetl.http1.upload import Upload
from domain.errors import RequestMalformed

HEAD = ResponseHead(200, (), 0, False, True)


class NoConnection:
    writable = True

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, pieces: Sequence[bytes]) -> None:
        self.sent += pieces

    def finish_request(self) -> None: ...


def upload(body: AsyncIterator[bytes]) -> tuple[Upload, AwaitedExchange]:
    connection = cast(Connection, NoConnection())
    exchange = AwaitedExchange(connection)
    return Upload(connection, exchange, body, None), exchange


async def stalled() -> AsyncIterator[bytes]:
    yield b"x"
    await asyncio.sleep(1000)


async def test_not_a_byte_beyond_the_announced_length_is_sent() -> None:
    connection = NoConnection()
    exchange = AwaitedExchange(cast(Connection, connection))
    with pytest.raises(RequestMalformed):
        await Upload(cast(Connection, connection), exchange, chunks(b"abcd", b"ef"), 5).run()
    assert connection.sent == [b"abcd"]


async def test_a_decision_ends_the_upload_and_leaves_no_cancellation_behind() -> None:
    sending, exchange = upload(stalled())
    asyncio.get_running_loop().call_later(0.01, exchange.on_head, HEAD)
    await sending.run()
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0
    await asyncio.sleep(0)


@pytest.mark.parametrize("decided_first", [True, False])
async def test_somebody_else_s_cancellation_in_the_same_moment_is_not_swallowed(decided_first: bool) -> None:
    sending, exchange = upload(stalled())
    task = asyncio.create_task(sending.run())
    await asyncio.sleep(0.01)
    if decided_first:
        exchange.on_head(HEAD)
    task.cancel()
    exchange.on_head(HEAD)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_decision_that_comes_as_the_body_goes_on_ends_the_upload_too() -> None:
    next_piece = asyncio.get_running_loop().create_future()

    async def body() -> AsyncIterator[bytes]:
        yield await next_piece
        raise AssertionError("nobody should have asked for more")

    sending, exchange = upload(body())
    task = asyncio.create_task(sending.run())
    await asyncio.sleep(0.01)
    next_piece.set_result(b"x")
    exchange.on_head(HEAD)
    await task


async def test_cancel_scopes_around_an_interrupted_upload_are_not_confused(upstream: PooledUpstream) -> None:
    async def script(peer: Peer) -> None:
        await peer.request_head()
        await peer.answer(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await peer.until_client_leaves()

    async with serving(script) as server:
        with anyio.move_on_after(5) as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep, 0.05)
                asked = request(server.base_url, "POST", body=stalled(), content_length=100)
                assert (await ask(upstream, asked))[0] == 413
                await anyio.sleep(0.01)
        assert not scope.cancelled_caught
