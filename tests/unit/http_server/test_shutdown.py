"""The end of a serving process, without the process."""

import asyncio
import logging
from contextlib import AsyncExitStack

import pytest
from tests.unit.http_server.applications import Gate, RecordingApp, echo, until_gone
from tests.unit.http_server.heads import get
from tests.unit.http_server.raw_client import accepts, ask, connected
from tests.unit.http_server.servers import WITHOUT_GRACE, Served, serving
from tests.unit.http_server.test_stream_writer import Streams, each_way
from tests.unit.http_server.test_upgrades import echo_messages
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from entrypoints.http.asgi import Receive, Scope, Send
from entrypoints.http.server.drain import DrainTiming
from entrypoints.http.server.limits import RequestLimits

PATIENT = DrainTiming(total=10, grace=0.3, window=0)
SHORT = DrainTiming(total=0.3, grace=0, window=0)


async def begin(served: Served) -> None:
    served.server.begin_shutdown()
    await served.drain.wait()


async def test_new_connections_are_served_until_the_grace_is_over() -> None:
    async with serving(RecordingApp(), timing=PATIENT) as served:
        await begin(served)
        answer = await ask(served.port, get())
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        await served.ended
        assert not await accepts(served.port)


async def test_a_kept_connection_is_told_to_close_with_its_next_answer() -> None:
    async with serving(RecordingApp(), timing=PATIENT) as served, connected(served.port) as client:
        await client.send(get())
        assert "connection" not in (await client.answer()).headers
        await begin(served)
        await client.send(get())
        assert (await client.answer()).headers["connection"] == "close"
        assert await client.rest() == b""


async def test_a_request_that_is_being_answered_is_told_to_close() -> None:
    gate = Gate()
    app = RecordingApp(slow=gate)
    async with serving(app, timing=WITHOUT_GRACE) as served, connected(served.port) as client:
        await client.send(get(b"/slow"))
        await app.entered.wait()
        await begin(served)
        await asyncio.sleep(0.1)
        assert not served.ended.done()
        gate.opened.set()
        answer = await client.answer()
        assert (answer.body, answer.headers["connection"]) == (b"GET /slow 0", "close")
        client.writer.close()
        await served.ended


async def test_requests_that_wait_behind_another_are_still_answered() -> None:
    gate = Gate()
    app = RecordingApp(slow=gate)
    async with serving(app, timing=WITHOUT_GRACE) as served, connected(served.port) as client:
        await client.send(get(b"/slow") + get(b"/next"))
        await app.entered.wait()
        await begin(served)
        gate.opened.set()
        assert [answer.body for answer in await client.answers_until_end()] == [b"GET /slow 0", b"GET /next 0"]


async def test_nobody_is_let_in_any_more_after_the_grace_while_others_go_on() -> None:
    gate = Gate()
    app = RecordingApp(slow=gate)
    async with serving(app, timing=WITHOUT_GRACE) as served, connected(served.port) as client:
        await client.send(get(b"/slow"))
        await app.entered.wait()
        await begin(served)
        await asyncio.sleep(0.1)
        assert not await accepts(served.port)
        gate.opened.set()
        assert (await client.answer()).status == 200


async def test_an_idle_connection_is_closed_when_the_grace_is_over() -> None:
    async with serving(RecordingApp(), timing=WITHOUT_GRACE) as served, connected(served.port) as client:
        await client.send(get())
        await client.answer()
        await begin(served)
        assert await client.rest() == b""
        await served.ended


async def test_a_request_whose_head_is_half_there_is_still_served() -> None:
    async with serving(RecordingApp(), timing=WITHOUT_GRACE) as served, connected(served.port) as client:
        await client.send(get())
        await client.answer()
        await client.send(get()[:10])
        await asyncio.sleep(0.05)
        await begin(served)
        await asyncio.sleep(0.1)
        await client.send(get()[10:])
        assert (await client.answer()).headers["connection"] == "close"
        client.writer.close()
        await served.ended


async def test_a_connection_that_was_just_opened_may_still_bring_a_request() -> None:
    async with serving(RecordingApp(), timing=WITHOUT_GRACE) as served, connected(served.port) as client:
        await asyncio.sleep(0.05)
        await begin(served)
        await asyncio.sleep(0.1)
        await client.send(get())
        assert (await client.answer()).status == 200


@each_way
async def test_streams_end_themselves_and_whole(waits: bool) -> None:
    streams = Streams(waits=waits)
    async with serving(RecordingApp(stream=streams), timing=WITHOUT_GRACE) as served, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(served.port)) for _ in range(3)]
        for client in clients:
            await client.send(get(b"/stream"))
            served.drain.on_begin((await streams.writers.get()).finish)
        await begin(served)
        for client in clients:
            assert (await client.answer()).body == b""
        await served.ended


LONG = DrainTiming(total=60, grace=0, window=0)


async def test_a_connection_that_brings_nothing_does_not_hold_up_the_end() -> None:
    limits = RequestLimits(head_secs=60)
    async with serving(RecordingApp(), timing=LONG, limits=limits) as served, connected(served.port) as client:
        await asyncio.sleep(0.05)
        await begin(served)
        assert await client.rest() == b""
        await asyncio.wait_for(served.ended, 5)


@each_way
async def test_a_connection_kept_after_a_stream_does_not_hold_up_the_end(waits: bool) -> None:
    streams = Streams(waits=waits)
    app = RecordingApp(stream=streams)
    async with serving(app, timing=LONG) as served, connected(served.port) as client:
        await client.send(get(b"/stream"))
        writer = await streams.writers.get()
        await client.head()
        await begin(served)
        await asyncio.sleep(0.1)
        writer.finish()
        assert await client.exactly(5) == b"0\r\n\r\n"
        await client.send(get())
        assert (await client.answer()).headers["connection"] == "close"
        client.writer.close()
        await asyncio.wait_for(served.ended, 5)


@each_way
async def test_streams_that_have_not_ended_in_time_are_cut_and_all_of_them_end(
    waits: bool, caplog: pytest.LogCaptureFixture
) -> None:
    streams = Streams(waits=waits)
    async with serving(RecordingApp(stream=streams), timing=SHORT) as served, connected(served.port) as client:
        await client.send(get(b"/stream"))
        writer = await streams.writers.get()
        await client.head()
        await begin(served)
        await asyncio.wait_for(served.ended, 5)
        assert streams.ended.is_set()
        assert writer.is_closing
        assert "cut off 1 requests" in caplog.text


@each_way
async def test_a_stream_whose_client_reads_nothing_does_not_hold_up_the_end(waits: bool) -> None:
    streams = Streams(waits=waits)
    async with serving(RecordingApp(stream=streams), timing=SHORT) as served, connected(served.port) as client:
        await client.send(get(b"/stream"))
        writer = await streams.writers.get()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(200):
            writer.write(bytes(100_000))
        await begin(served)
        await asyncio.wait_for(served.ended, 5)
        assert streams.ended.is_set()


async def test_what_has_not_ended_in_time_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    app = RecordingApp(stream=until_gone, slow=gate)
    async with serving(app, timing=SHORT) as served, connected(served.port) as client:
        await client.send(get(b"/stream"))
        await client.head()
        await begin(served)
        assert await client.rest() == b""
        await served.ended
    assert app.gone == ["/stream"]
    assert app.lifespan == ["lifespan.startup", "lifespan.shutdown"]
    assert any(record.levelno == logging.WARNING and "cut off 1" in record.getMessage() for record in caplog.records)


async def test_an_application_that_does_not_notice_is_cancelled_and_waited_for() -> None:
    ended: list[str] = []

    async def stubborn(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("request")

    app = RecordingApp(stubborn=stubborn)
    async with serving(app, timing=SHORT) as served, connected(served.port) as client:
        await client.send(get(b"/stubborn"))
        await app.entered.wait()
        await begin(served)
        await served.ended
        assert ended == ["request"]


async def test_the_application_ends_after_its_last_request() -> None:
    order: list[str] = []
    gate = Gate()

    class Ordered(RecordingApp):
        async def _live(self, receive: Receive, send: Send) -> None:
            await super()._live(receive, send)
            order.append("application")

    async def noted(app: RecordingApp, scope: Scope, receive: Receive, send: Send) -> None:
        await gate(app, scope, receive, send)
        await asyncio.sleep(0.05)
        order.append("request")

    app = Ordered(slow=noted)
    async with serving(app, timing=WITHOUT_GRACE) as served, connected(served.port) as client:
        await client.send(get(b"/slow"))
        await app.entered.wait()
        await begin(served)
        gate.opened.set()
        await client.answer()
        client.writer.close()
        await served.ended
    assert order == ["request", "application"]


async def test_a_second_call_ends_everything_at_once() -> None:
    app = RecordingApp(stream=until_gone)
    async with serving(app, timing=DrainTiming(total=3600, grace=3600)) as served, connected(served.port) as client:
        await client.send(get(b"/stream"))
        await client.head()
        served.server.begin_shutdown()
        await served.drain.wait()
        served.server.begin_shutdown()
        await asyncio.wait_for(served.ended, 5)
    assert app.gone == ["/stream"]


async def test_a_websocket_that_is_left_over_is_told_why_it_ends() -> None:
    async with serving(RecordingApp(ws=echo_messages), timing=SHORT) as served:
        async with connect(f"ws://127.0.0.1:{served.port}/ws") as websocket:
            await begin(served)
            with pytest.raises(ConnectionClosed) as caught:
                await websocket.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1012
        await served.ended


async def test_the_internal_application_lives_on_a_port_of_its_own_and_ends_with_the_other() -> None:
    internal = RecordingApp()
    async with serving(RecordingApp(), internal=internal) as served:
        assert served.internal_port != served.port
        assert (await ask(served.internal_port, get(b"/metrics"))).body == b"GET /metrics 0"
        port = served.internal_port
    assert internal.lifespan == []
    assert internal.paths == ["/metrics"]
    assert not await accepts(port)


async def test_state_of_the_lifespan_reaches_requests_on_both_ports() -> None:
    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["store"] = "opened"
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        seen.append(scope["state"]["store"])
        await echo(RecordingApp(), scope, receive, send)

    seen: list[str] = []
    async with serving(with_state, internal=with_state) as served:
        await ask(served.port, get())
        await ask(served.internal_port, get())
    assert seen == ["opened", "opened"]


async def test_a_slow_client_does_not_hold_the_drain_beyond_its_end() -> None:
    app = RecordingApp()
    limits = RequestLimits(head_secs=60)
    async with serving(app, timing=SHORT, limits=limits) as served, connected(served.port) as client:
        await client.send(get()[:5])
        await asyncio.sleep(0.05)
        await begin(served)
        await asyncio.wait_for(served.ended, 5)
