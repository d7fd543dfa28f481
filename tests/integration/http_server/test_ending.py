"""Real processes and real signals."""

import signal
import socket

import pytest
from tests.integration.http_server.processes import served, spawned
from tests.unit.http_server.heads import get
from tests.unit.http_server.raw_client import ask, connected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_streams_and_requests_end_whole_and_then_the_process(number: signal.Signals) -> None:
    async with served() as process:
        async with (
            connected(process.port) as stream,
            connected(process.port) as slow,
            connected(process.port) as idle,
        ):
            await stream.send(get(b"/stream"))
            await stream.head()
            assert await stream.chunk() == b"begin"
            await idle.send(get())
            await idle.answer()
            await slow.send(get(b"/slow"))
            process.process.send_signal(number)
            assert (await slow.answer()).body == b"slow"
            assert [chunk async for chunk in stream.chunks()] == []
            assert await idle.rest() == b""
        assert await process.exit_code() == 0
        assert "application ended" in process.lines[-1]


async def test_what_does_not_end_is_cut_after_the_drain() -> None:
    async with served(DRAIN_SECS="0.3") as process, connected(process.port) as client:
        await client.send(get(b"/stubborn"))
        await client.head()
        process.terminate()
        assert await client.rest() == b""
        assert await process.exit_code() == 0


async def test_a_second_signal_ends_the_process_at_once() -> None:
    async with served(DRAIN_SECS="3600") as process, connected(process.port) as client:
        await client.send(get(b"/stubborn"))
        await client.head()
        process.terminate()
        await process.says("(shutting down)")
        process.terminate()
        assert await process.exit_code() == 0


async def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for workers in ("0", "2"):
            async with spawned(PORT=port, WORKERS=workers) as process:
                assert await process.exit_code() == 1
                assert len(process.lines) == 1
                assert process.lines[0].endswith(f"Cannot listen on 127.0.0.1:{port}: address already in use")


async def test_an_application_that_does_not_start_ends_the_process() -> None:
    async with spawned(BROKEN="1") as process:
        assert await process.exit_code() == 1
        assert any("no database" in line for line in process.lines)


async def test_the_server_is_there_again_on_the_same_port_at_once() -> None:
    async with served() as first:
        await ask(first.port, get())
        first.terminate()
        assert await first.exit_code() == 0
    async with served(PORT=str(first.port)) as second:
        assert (await ask(second.port, get())).status == 200
