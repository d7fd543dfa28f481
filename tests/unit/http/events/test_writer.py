"""The writer for servers that offer none of their own."""

import asyncio

import pytest
from tests.unit.http.asking import Exchange, scope_of
from tests.unit.http.events.streams import NotedWriter

from entrypoints.http.asgi import Message, Receive
from entrypoints.http.events.writer import TRANSPORT, AsgiStreamWriter, StreamWriter, open_writer


def bodies(exchange: Exchange) -> list[tuple[bytes, bool]]:
    return [(message["body"], message["more_body"]) for message in exchange.sent]


async def test_what_is_written_leaves_in_order_and_then_the_end() -> None:
    exchange = Exchange()
    writer = AsgiStreamWriter(exchange.receive, exchange.send)
    writer.write(b"a")
    writer.write(b"b")
    assert writer.pending_bytes == 2
    writer.finish()
    writer.write(b"too late")
    await writer.gone()
    assert bodies(exchange) == [(b"a", True), (b"b", True), (b"", False)]
    assert writer.pending_bytes == 0


async def test_what_is_written_later_leaves_at_once() -> None:
    exchange = Exchange()
    writer = AsgiStreamWriter(exchange.receive, exchange.send)
    gone = asyncio.ensure_future(writer.gone())
    for chunk in (b"a", b"b"):
        writer.write(chunk)
        for _ in range(3):
            await asyncio.sleep(0)
        assert bodies(exchange)[-1] == (chunk, True)
    exchange.gone.set()
    await gone
    assert bodies(exchange)[-1] == (b"b", True)


async def test_a_client_that_leaves_ends_it() -> None:
    exchange = Exchange(leaves=True)
    await AsgiStreamWriter(exchange.receive, exchange.send).gone()
    assert exchange.sent == []


async def test_what_a_client_does_not_take_is_counted() -> None:
    exchange, taken = Exchange(), asyncio.Event()

    async def slow(message: Message) -> None:
        await taken.wait()
        await exchange.send(message)

    writer = AsgiStreamWriter(exchange.receive, slow)
    gone = asyncio.ensure_future(writer.gone())
    writer.write(b"abc")
    await asyncio.sleep(0)
    writer.write(b"defg")
    await asyncio.sleep(0)
    assert writer.pending_bytes == 7
    taken.set()
    writer.finish()
    await gone
    assert writer.pending_bytes == 0


async def test_trouble_with_sending_is_not_swallowed() -> None:
    async def broken(message: Message) -> None:
        raise OSError

    writer = AsgiStreamWriter(Exchange().receive, broken)
    writer.write(b"a")
    with pytest.raises(OSError):
        await writer.gone()


async def test_being_cancelled_leaves_no_task_behind() -> None:
    exchange = Exchange()
    before = asyncio.all_tasks()
    gone = asyncio.ensure_future(AsgiStreamWriter(exchange.receive, exchange.send).gone())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert asyncio.all_tasks() == before


class Offer:
    def __init__(self, writer: StreamWriter) -> None:
        self.offered = writer

    def writer(self, receive: Receive) -> StreamWriter:
        return self.offered


async def test_the_servers_own_writer_is_taken_where_it_offers_one() -> None:
    exchange = Exchange()
    own: StreamWriter = NotedWriter()
    scope = scope_of(extensions={TRANSPORT: Offer(own)})
    assert open_writer(scope, exchange.receive, exchange.send) is own
    assert isinstance(open_writer(scope_of(), exchange.receive, exchange.send), AsgiStreamWriter)
