"""One connection on a clock and a transport that the test turns: deadlines, and when it is kept."""

from typing import cast

import pytest
from tests.unit.adapters.http1.listening import Listener

from adapters.noetl.http1.awaited_exchange import AwaitedExchange
from adapters.noetl.http1.connection import Connection
from adapters.noetl.http1.limits import ConnectionLimits
from adapters.noetl.http1.response_head import ResponseHead
from domain.errors import UpstreamTimedOut

ANSWER_BEGINS = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx"


class World:
    """Clock, transport, owner and socket of one connection."""

    def __init__(self) -> None:
        self.now = 0.0
        self.closing = False
        self.idle = 0
        self.unsent = 0
        limits = ConnectionLimits(silence_timeout=10, idle_timeout=30)
        self.connection = Connection(
            self,
            limits,
            on_lost=lambda _: None,
            time=lambda: self.now,
            receive_buffer=memoryview(bytearray(1000)),
        )
        self.connection.connection_made(self)  # type: ignore[arg-type]

    def get_extra_info(self, name: str) -> object:
        return self if name in ("socket", "ssl_object") else None

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return self.closing

    def _use(self, *_: object) -> None:
        """As uvloop's transports do it."""
        if self.closing:
            raise RuntimeError("unable to perform operation; the handler is closed")

    write = writelines = pause_reading = resume_reading = _use

    def abort(self) -> None:
        self.closing = True

    def on_idle(self, connection: Connection) -> None:
        self.idle += 1

    def on_closed(self, connection: Connection) -> None: ...

    def ask(self, *, body_follows: bool = False) -> Listener:
        listener = Listener()
        self.connection.start(listener, b"", answers_head=False, body_follows=body_follows)
        return listener

    def hear(self, data: bytes) -> None:
        self.connection.get_buffer(-1)[: len(data)] = data
        self.connection.buffer_updated(len(data))

    def at(self, now: float) -> None:
        self.now = now
        self.connection.check(now)


@pytest.fixture
def world() -> World:
    return World()


def test_silence_counts_from_the_request_and_not_from_the_last_answer(world: World) -> None:
    world.at(29)
    listener = world.ask()
    world.at(39)
    assert listener.error is None
    world.at(39.1)
    assert isinstance(listener.error, UpstreamTimedOut)


def test_silence_counts_from_the_last_byte_of_body(world: World) -> None:
    listener = world.ask()
    world.at(9)
    world.hear(ANSWER_BEGINS)
    world.at(19)
    assert listener.error is None
    world.at(19.1)
    assert isinstance(listener.error, UpstreamTimedOut)


def test_a_reader_that_pauses_stops_the_clock_and_starts_it_again(world: World) -> None:
    listener = world.ask()
    world.hear(ANSWER_BEGINS)
    world.connection.pause_reading()
    world.at(1000)
    world.connection.resume_reading()
    world.at(1010)
    assert listener.error is None
    world.at(1010.1)
    assert isinstance(listener.error, UpstreamTimedOut)


def test_the_upstream_has_its_time_from_the_end_of_the_upload(world: World) -> None:
    listener = world.ask(body_follows=True)
    world.at(1000)
    world.connection.finish_request()
    world.at(1010)
    assert listener.error is None
    world.at(1010.1)
    assert isinstance(listener.error, UpstreamTimedOut)


def test_a_full_buffer_starts_the_clock_and_an_empty_one_stops_it(world: World) -> None:
    listener = world.ask(body_follows=True)
    world.at(1000)
    world.connection.pause_writing()
    world.at(1010)
    world.connection.resume_writing()
    world.at(2000)
    assert (listener.error, listener.writable_again) == (None, 1)
    world.connection.pause_writing()
    world.at(2010.1)
    assert isinstance(listener.error, UpstreamTimedOut)


def test_a_kept_connection_is_closed_when_nobody_has_used_it_for_long(world: World) -> None:
    world.ask()
    world.now = 5
    world.hear(b"HTTP/1.1 204 No Content\r\n\r\n")
    world.at(35)
    assert world.idle == 1 and not world.connection.closed
    world.at(35.1)
    assert world.connection.closed


def test_bytes_that_nobody_asked_for_close_a_kept_connection(world: World) -> None:
    world.hear(b"HTTP/1.1 200 OK\r\n\r\n")
    assert world.connection.closed


def test_a_socket_that_breaks_unannounced_takes_every_call_quietly(world: World) -> None:
    world.ask(body_follows=True)
    world.closing = True
    world.connection.send((b"x",))
    world.connection.pause_reading()
    world.connection.resume_reading()
    world.connection.finish_request()
    assert world.connection.closed and not world.connection.reusable


def test_an_answer_that_overtakes_the_end_of_the_request_ends_the_connection(world: World) -> None:
    listener = world.ask(body_follows=True)
    world.connection.send((b"x",))
    world.connection.finish_request()
    world.unsent = 1
    world.hear(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert listener.complete and world.connection.closed


async def test_reading_what_is_left_of_a_complete_answer_leaves_its_connection_alone() -> None:
    calls: list[str] = []

    class Recording:
        def pause_reading(self) -> None:
            calls.append("pause")

        def resume_reading(self) -> None:
            calls.append("resume")

    exchange = AwaitedExchange(cast(Connection, Recording()))
    exchange.on_head(ResponseHead(200, (), 200_000, False, True))
    exchange.on_body(b"x" * 100_000)
    assert len(await anext(exchange)) == 100_000
    exchange.on_body(b"x" * 100_000)
    exchange.on_complete()
    assert len(await anext(exchange)) == 100_000
    assert calls == ["pause", "resume", "pause"]
