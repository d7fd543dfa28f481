import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from tests.unit.http_server.applications import RecordingApp, answer, until_gone
from tests.unit.http_server.heads import get
from tests.unit.http_server.raw_client import RawClient, ask, connected
from tests.unit.http_server.servers import serving

from entrypoints.http.asgi import Receive, Scope, Send
from entrypoints.http.server.stream_writer import StreamWriter


class Streams:
    """A behaviour that hands its writer to the test, and waits for the end of the stream or leaves it to itself."""

    def __init__(self, *, waits: bool = True) -> None:
        self.waits = waits
        self.returned = asyncio.Event()
        self.writers: asyncio.Queue[StreamWriter] = asyncio.Queue()
        self.ended = asyncio.Event()
        self.ends = 0

    async def __call__(self, app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        writer: StreamWriter = scope["extensions"]["noetl.transport"].writer(receive)
        self.writers.put_nowait(writer)
        if self.waits:
            try:
                await writer.gone()
            finally:
                await self.end()
        else:
            assert writer.outlive(self.end)
        self.returned.set()

    async def end(self) -> None:
        self.ends += 1
        self.ended.set()


each_way = pytest.mark.parametrize("waits", [True, False], ids=["waiting for its end", "outliving its task"])


@asynccontextmanager
async def streaming(request: bytes, waits: bool) -> AsyncIterator[tuple[RawClient, StreamWriter, Streams]]:
    streams = Streams(waits=waits)
    async with serving(RecordingApp(stream=streams)) as served, connected(served.port) as client:
        await client.send(request)
        yield client, await streams.writers.get(), streams


@each_way
async def test_what_is_written_arrives_in_chunks_without_anybody_waiting(waits: bool) -> None:
    async with streaming(get(b"/stream"), waits) as (client, writer, _):
        writer.write(b"one")
        writer.write(b"")
        writer.write(b"x" * 300)
        assert (await client.head()).headers["transfer-encoding"] == "chunked"
        assert [await client.chunk(), await client.chunk()] == [b"one", b"x" * 300]


@each_way
async def test_a_finished_stream_ends_whole_and_the_connection_goes_on(waits: bool) -> None:
    async with streaming(get(b"/stream"), waits) as (client, writer, streams):
        writer.write(b"one")
        writer.finish()
        writer.write(b"too late")
        writer.finish()
        assert (await client.answer()).body == b"one"
        await streams.ended.wait()
        assert writer.is_closing
        assert streams.ends == 1
        await client.send(get(b"/next"))
        assert (await client.answer()).body == b"GET /next 0"


@each_way
async def test_a_finished_stream_lets_the_request_behind_it_through(waits: bool) -> None:
    async with streaming(get(b"/stream") + get(b"/next"), waits) as (client, writer, _):
        writer.finish()
        assert [(await client.answer()).body for _ in range(2)] == [b"", b"GET /next 0"]


@each_way
async def test_a_stream_ends_when_its_client_leaves(waits: bool) -> None:
    async with streaming(get(b"/stream"), waits) as (client, writer, streams):
        await client.head()
        client.writer.transport.abort()
        await asyncio.wait_for(streams.ended.wait(), 5)
        assert writer.is_closing
        writer.write(b"nobody reads this")
        writer.finish()


@each_way
async def test_pending_bytes_tell_how_far_the_client_is_behind(waits: bool) -> None:
    async with streaming(get(b"/stream"), waits) as (client, writer, _):
        assert writer.pending_bytes < 1000
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(100):
            writer.write(bytes(100_000))
            await asyncio.sleep(0)
        assert writer.pending_bytes > 1_000_000
        writer.abort()


@each_way
async def test_an_aborted_stream_is_not_taken_for_a_whole_one(waits: bool) -> None:
    async with streaming(get(b"/stream"), waits) as (client, writer, streams):
        await client.head()
        writer.abort()
        with pytest.raises((ConnectionError, EOFError)):
            await client.exactly(1)
        await asyncio.wait_for(streams.ended.wait(), 5)


@each_way
async def test_a_stream_to_http_1_0_is_not_chunked(waits: bool) -> None:
    async with streaming(b"GET /stream HTTP/1.0\r\n\r\n", waits) as (client, writer, _):
        writer.write(b"one ")
        writer.write(b"two")
        writer.finish()
        assert "transfer-encoding" not in (await client.head()).headers
        assert await client.rest() == b"one two"


@each_way
async def test_a_stream_has_no_body_for_head(waits: bool) -> None:
    async with streaming(b"HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n", waits) as (client, writer, _):
        writer.write(b"one")
        writer.finish()
        await client.head()
        await client.send(get(b"/next"))
        assert (await client.answer()).body == b"GET /next 0"


@each_way
async def test_a_stream_that_was_announced_to_close_closes(waits: bool) -> None:
    async with streaming(get(b"/stream", b"Host: a\r\nConnection: close\r\n"), waits) as (client, writer, _):
        writer.write(b"one")
        writer.finish()
        assert (await client.answer()).body == b"one"
        assert await client.rest() == b""


@each_way
async def test_a_client_that_has_left_already_ends_the_stream_at_once(waits: bool) -> None:
    ended = asyncio.Event()

    async def end() -> None:
        ended.set()

    async def behave(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        writer: StreamWriter = scope["extensions"]["noetl.transport"].writer(receive)
        while not writer.is_closing:
            await asyncio.sleep(0.01)
        if waits or not writer.outlive(end):
            await writer.gone()
            await end()

    async with serving(RecordingApp(stream=behave)) as served, connected(served.port) as client:
        await client.send(get(b"/stream"))
        await client.head()
        client.writer.transport.abort()
        await asyncio.wait_for(ended.wait(), 5)


async def test_a_stream_that_goes_on_by_itself_has_no_task() -> None:
    async with streaming(get(b"/stream"), False) as (client, writer, streams):
        await streams.returned.wait()
        await asyncio.sleep(0.01)
        names = [str(task.get_coro()) for task in asyncio.all_tasks()]
        assert not any("run_asgi" in name for name in names)
        writer.write(b"one")
        await client.head()
        assert await client.chunk() == b"one"


@each_way
async def test_a_client_may_send_its_next_request_while_the_stream_still_goes_on(waits: bool) -> None:
    async with streaming(get(b"/stream"), waits) as (client, writer, _):
        writer.write(b"one")
        assert (await client.head()).headers["transfer-encoding"] == "chunked"
        await client.send(get(b"/next")[:9])
        await asyncio.sleep(0.02)
        await client.send(get(b"/next")[9:])
        assert await client.chunk() == b"one"
        writer.finish()
        assert await client.chunk() == b""
        await client.exactly(0)
        assert (await client.answer()).body == b"GET /next 0"
        await client.send(get(b"/again"))
        assert (await client.answer()).body == b"GET /again 0"


@each_way
async def test_what_is_no_request_ends_a_stream_that_is_open(waits: bool) -> None:
    async with streaming(get(b"/stream"), waits) as (client, writer, streams):
        await client.head()
        await client.send(b"\x16\x03\x01 nonsense\r\n\r\n")
        writer.write(b"one")
        assert await client.chunk() == b"one"
        writer.finish()
        assert await client.chunk() == b""
        assert (await client.head()).status == 400
        await asyncio.wait_for(streams.ended.wait(), 5)


async def _asks_before_the_start(scope: Scope, send: Send) -> None:
    with pytest.raises(RuntimeError):
        scope["extensions"]["noetl.transport"].writer()
    await answer(send, b"right")


async def _asks_with_a_length(scope: Scope, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    with pytest.raises(RuntimeError):
        scope["extensions"]["noetl.transport"].writer()
    await send({"type": "http.response.body", "body": b"right"})


@pytest.mark.parametrize("misuse", [_asks_before_the_start, _asks_with_a_length])
async def test_a_writer_needs_a_started_response_without_length(
    misuse: Callable[[Scope, Send], Awaitable[None]],
) -> None:
    async def behave(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        await misuse(scope, send)

    async with serving(RecordingApp(stream=behave)) as served:
        assert (await ask(served.port, get(b"/stream"))).body == b"right"


async def test_an_application_is_called_when_its_client_leaves_before_the_answer() -> None:
    called = asyncio.Event()

    async def waits(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"]["noetl.transport"].on_gone(called.set)
        app.entered.set()
        await called.wait()

    app = RecordingApp(wait=waits)
    async with serving(app) as served:
        async with connected(served.port) as client:
            await client.send(get(b"/wait"))
            await app.entered.wait()
        await asyncio.wait_for(called.wait(), 5)


async def test_an_application_is_not_called_once_it_has_taken_that_back() -> None:
    called: list[str] = []
    left = asyncio.Event()

    async def waits(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        offered = scope["extensions"]["noetl.transport"]
        offered.on_gone(lambda: called.append("taken back"))()
        offered.on_gone(left.set)
        app.entered.set()
        await left.wait()

    app = RecordingApp(wait=waits)
    async with serving(app) as served:
        async with connected(served.port) as client:
            await client.send(get(b"/wait"))
            await app.entered.wait()
        await asyncio.wait_for(left.wait(), 5)
    assert called == []


async def test_an_application_is_not_called_after_its_answer_nor_for_the_request_behind_it() -> None:
    called: list[str] = []

    async def registers(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"]["noetl.transport"].on_gone(lambda: called.append("gone"))
        await answer(send, b"done")

    app = RecordingApp(wait=registers, stream=until_gone)
    async with serving(app) as served:
        async with connected(served.port) as client:
            await client.send(get(b"/wait"))
            await client.answer()
        async with connected(served.port) as client:
            await client.send(get(b"/wait") + get(b"/stream"))
            await client.answer()
            await client.head()
        async with asyncio.timeout(5):
            while not app.gone:
                await asyncio.sleep(0.01)
    assert called == []
