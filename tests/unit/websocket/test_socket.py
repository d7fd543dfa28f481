"""The socket without a server: whom it waits for, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.asgi import Message
from entrypoints.http.websocket import socket as socket_module
from entrypoints.http.websocket.socket import LEFT, SLOW, End, Socket

BYE = End(code=4000, reason="bye", word="ended", last_words=b"last")


class Peer:
    """The other end: it reads while `reading` is set, and has left once `gone` is."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.reading = asyncio.Event()
        self.reading.set()
        self.gone = False

    async def receive(self) -> Message:
        return await self.incoming.get()

    async def send(self, message: Message) -> None:
        await self.reading.wait()
        if self.gone:
            raise OSError
        self.sent.append(message)

    def leave(self) -> None:
        self.gone = True
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.sent if message["type"] == "websocket.send"]

    @property
    def closes(self) -> list[tuple[int, str]]:
        return [(each["code"], each["reason"]) for each in self.sent if each["type"] == "websocket.close"]


def socket_of(peer: Peer, buffer_bytes: int = 100) -> Socket:
    return Socket({}, peer.receive, peer.send, buffer_bytes=buffer_bytes, message_bytes=10)


async def listen(socket: Socket) -> None:
    while await socket.next() is not None:
        pass


@asynccontextmanager
async def running(socket: Socket) -> AsyncIterator["asyncio.Task[End]"]:
    task = asyncio.create_task(socket.run(listen(socket)))
    await asyncio.sleep(0)
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_messages_go_out_in_order_and_are_reported_as_written() -> None:
    peer = Peer()
    socket = socket_of(peer)
    async with running(socket):
        socket.put(b"1")
        assert await socket.written(b"2")
        assert peer.texts == ["1", "2"]


async def test_what_is_no_utf8_does_not_break_a_text_message() -> None:
    peer = Peer()
    socket = socket_of(peer)
    async with running(socket):
        assert await socket.written(b'"a\xffb"')
    assert peer.texts == ['"a\ufffdb"']


async def test_the_first_reason_ends_it_after_what_waits_and_the_last_words() -> None:
    peer = Peer()
    socket = socket_of(peer)
    async with running(socket) as task:
        socket.put(b"1")
        socket.end(BYE)
        socket.end(SLOW)
        assert await task == BYE
    assert (peer.texts, peer.closes) == (["1", "last"], [(4000, "bye")])


async def test_nothing_is_read_behind_what_has_ended_it() -> None:
    peer = Peer()
    socket = socket_of(peer)
    for text in ("1", "2", "3"):
        peer.incoming.put_nowait({"type": "websocket.receive", "text": text})
    read: list[str | bytes] = []

    async def talk() -> None:
        while (message := await socket.next()) is not None:
            read.append(message)
            if message == "2":
                socket.end(BYE)

    assert await socket.run(talk()) == BYE
    assert read == ["1", "2"]


async def test_a_peer_that_leaves_ends_it_without_a_word() -> None:
    peer = Peer()
    async with running(socket_of(peer)) as task:
        peer.leave()
        assert await task is LEFT
    assert peer.sent == []


async def test_a_peer_that_is_gone_when_something_is_sent_has_left() -> None:
    peer = Peer()
    socket = socket_of(peer)
    async with running(socket) as task:
        peer.gone = True
        assert not await socket.written(b"1")
        assert await task is LEFT


async def test_a_reader_that_is_too_slow_is_sent_away_after_what_was_taken() -> None:
    peer = Peer()
    socket = socket_of(peer)
    async with running(socket) as task:
        peer.reading.clear()
        socket.put(b"x" * 500)
        assert not await socket.written(b"y")
        socket.put(b"z")
        peer.reading.set()
        assert await task is SLOW
    assert (peer.texts, peer.closes) == (["x" * 500], [(1013, "slow")])


async def test_a_reader_that_reads_nothing_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_module, "_GOODBYE_SECONDS", 0.02)
    peer = Peer()
    socket = socket_of(peer)
    async with running(socket) as task:
        peer.reading.clear()
        writing = asyncio.create_task(socket.written(b"x"))
        await asyncio.sleep(0)
        socket.end(BYE)
        assert await task == BYE
        assert not await writing
    assert peer.sent == []


async def test_whoever_is_refused_and_does_not_read_is_not_waited_for_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_module, "_GOODBYE_SECONDS", 0.02)
    peer = Peer()
    peer.reading.clear()
    await socket_of(peer).refuse(BYE)
    assert peer.sent == []
    peer.gone = True
    peer.reading.set()
    await socket_of(peer).refuse(BYE)


async def test_a_failing_conversation_is_logged_and_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise RuntimeError("what nobody foresaw")

    peer = Peer()
    end = await socket_of(peer).run(fail())
    assert (end.code, end.word) == (1011, "left")
    assert peer.closes == [(1011, "unexpected")]
    assert "what nobody foresaw" in caplog.text


async def test_when_it_is_cancelled_nothing_goes_on() -> None:
    peer = Peer()
    socket = socket_of(peer)
    before = asyncio.all_tasks()
    async with running(socket):
        pass
    assert asyncio.all_tasks() == before
    assert not await socket.written(b"too late")


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 80)), max_size=30))
async def test_what_waits_is_bounded_and_nothing_taken_is_lost_or_reordered(steps: list[tuple[bool, int]]) -> None:
    """`steps`: whether the peer reads before the next message, and its size."""
    peer = Peer()
    socket = socket_of(peer)
    messages = [f"{n:02}" + "x" * size for n, (_, size) in enumerate(steps)]
    async with running(socket) as task:
        for (reads, _), message in zip(steps, messages, strict=True):
            if reads:
                peer.reading.set()
                for _ in range(40):
                    await asyncio.sleep(0)
            peer.reading.clear()
            socket.put(message.encode())
            assert socket._outbox._bytes <= 100 + 82
        peer.reading.set()
        for _ in range(40):
            await asyncio.sleep(0)
        slow = task.done()
    assert peer.texts == messages[: len(peer.texts)]
    assert slow == bool(peer.closes)
    assert slow or len(peer.texts) == len(messages)
