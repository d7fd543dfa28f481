"""What of a response is written together: each write is a call to the kernel."""

import asyncio
import logging
from collections.abc import Coroutine

import pytest
from uvicorn._types import HTTPResponseStartEvent, HTTPScope

from entrypoints.http.server.cycle import GatewayCycle
from entrypoints.http.server.stream_writer import StreamWriter
from entrypoints.http.server.waking import LeanEvent, LeanFlowControl

SHORT = [(b"Content-Length", b"2")]


class WritesSeen(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


class Nowhere:
    """A connection that is asked for nothing."""

    def outlived(self) -> None:
        raise AssertionError("a response that ends with its application asks for nothing")

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        raise AssertionError("a response that ends with its application asks for nothing")


def start(headers: list[tuple[bytes, bytes]]) -> HTTPResponseStartEvent:
    return {"type": "http.response.start", "status": 200, "headers": headers}


def a_cycle(transport: WritesSeen) -> GatewayCycle:
    scope: HTTPScope = {"type": "http", "method": "GET"}  # type: ignore[typeddict-item]  # all that is looked at
    cycle = GatewayCycle(
        scope=scope,
        transport=transport,
        flow=LeanFlowControl(transport),
        logger=logging.getLogger(__name__),
        access_logger=logging.getLogger(__name__),
        access_log=False,
        default_headers=[],
        message_event=LeanEvent(),
        expect_100_continue=False,
        keep_alive=True,
        on_response=lambda: None,
    )
    cycle.belong_to(Nowhere())
    return cycle


async def test_head_and_body_of_a_short_answer_are_one_write() -> None:
    transport = WritesSeen()
    cycle = a_cycle(transport)
    await cycle.send(start(SHORT))
    await cycle.send({"type": "http.response.body", "body": b"ok", "more_body": False})
    await asyncio.sleep(0)
    assert transport.writes == [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"]
    assert cycle.response_complete


async def test_a_head_whose_body_is_slow_does_not_wait_for_it() -> None:
    transport = WritesSeen()
    cycle = a_cycle(transport)
    await cycle.send(start(SHORT))
    await asyncio.sleep(0)
    assert transport.writes == [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"]


async def test_the_head_of_a_stream_goes_with_its_first_chunk() -> None:
    transport = WritesSeen()
    cycle = a_cycle(transport)
    await cycle.send(start([]))
    StreamWriter(cycle).write(b"one")
    await asyncio.sleep(0)
    assert transport.writes == [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n"]


async def test_an_answer_that_is_cut_still_shows_its_head() -> None:
    transport = WritesSeen()
    cycle = a_cycle(transport)
    await cycle.send(start(SHORT))
    cycle.cut()
    await asyncio.sleep(0)
    assert (len(transport.writes), transport.closed) == (1, True)


async def test_nothing_is_written_to_a_client_that_has_left() -> None:
    transport = WritesSeen()
    cycle = a_cycle(transport)
    await cycle.send(start(SHORT))
    cycle.disconnected = True
    await asyncio.sleep(0)
    assert transport.writes == []


@pytest.mark.parametrize("field", [(b"x-a", b"b\r\nx-c: d"), (b"x-a\n", b"b"), (b"x a", b"b"), (b"x-a", b"\x00")])
async def test_a_header_that_would_be_something_else_on_the_wire_is_refused(field: tuple[bytes, bytes]) -> None:
    transport = WritesSeen()
    with pytest.raises(RuntimeError):
        await a_cycle(transport).send(start([field]))
    await asyncio.sleep(0)
    assert transport.writes == []


@pytest.mark.parametrize("body", [b"o", b"okay"])
async def test_a_body_of_another_length_than_announced_is_refused(body: bytes) -> None:
    cycle = a_cycle(WritesSeen())
    await cycle.send(start(SHORT))
    with pytest.raises(RuntimeError):
        await cycle.send({"type": "http.response.body", "body": body, "more_body": False})
    assert not cycle.response_complete
