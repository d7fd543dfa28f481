"""How a serving process starts, and that it says why when it does not."""

import asyncio
import signal
import socket

import pytest
from tests.unit.http_server.applications import RecordingApp
from tests.unit.http_server.raw_client import accepts
from tests.unit.http_server.servers import WITHOUT_GRACE

from entrypoints.http.asgi import Receive, Scope, Send
from entrypoints.http.server.drain import Drain
from entrypoints.http.server.endpoint import Endpoint
from entrypoints.http.server.lifespan import StartFailed
from entrypoints.http.server.listening import CannotListen, bind
from entrypoints.http.server.serving import GatewayServer


def server_on(app: object, port: int = 0) -> GatewayServer:
    return GatewayServer(Endpoint(app=app, port=port), drain=Drain(WITHOUT_GRACE))  # type: ignore[arg-type]


async def test_a_port_in_use_is_said_clearly_and_the_application_is_not_started(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = RecordingApp()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert await server_on(app, port).serve() == 1
    assert f"Cannot listen on 127.0.0.1:{port}: address already in use" in caplog.text
    assert app.lifespan == []


async def test_a_host_that_does_not_exist_is_said_clearly() -> None:
    with pytest.raises(CannotListen, match=r"Cannot listen on no such host\.:80"):
        bind("no such host.", 80)


@pytest.mark.parametrize("answers", [True, False])
async def test_an_application_that_does_not_start_gives_exit_code_1(
    answers: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if answers:
            await send({"type": "lifespan.startup.failed", "message": "traceback"})
        raise RuntimeError("no database")

    server = server_on(fails)
    assert await server.serve() == 1
    assert "no database" in caplog.text
    assert not await accepts(int(server.url.rsplit(":", 1)[1]))


async def test_a_start_can_be_interrupted() -> None:
    starting = asyncio.Event()

    async def never_starts(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        starting.set()
        await asyncio.Event().wait()

    server = server_on(never_starts)
    serving_ = asyncio.create_task(server.serve())
    await starting.wait()
    server.begin_shutdown()
    assert await asyncio.wait_for(serving_, 5) == 0


async def test_an_application_that_does_not_end_is_cancelled(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never_ends(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.Event().wait()

    monkeypatch.setattr("entrypoints.http.server.serving._SHUTDOWN_PATIENCE", 0.05)
    server = server_on(never_ends)
    await server.start()
    server.begin_shutdown()
    await asyncio.wait_for(server.until_ended(), 5)
    assert "did not shut down within" in caplog.text


async def test_signals_end_the_server_and_their_handlers_come_back() -> None:
    def mine(number: int, frame: object) -> None:
        """Never called: it only has to be there again."""

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, mine) for number in numbers}
    try:
        app = RecordingApp()
        serving_ = asyncio.create_task(server_on(app).serve())
        while app.lifespan != ["lifespan.startup"]:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        signal.raise_signal(signal.SIGTERM)
        assert await asyncio.wait_for(serving_, 5) == 0
        assert app.lifespan == ["lifespan.startup", "lifespan.shutdown"]
        assert [signal.getsignal(number) for number in numbers] == [mine, mine]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def test_start_tells_when_the_application_failed() -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("no database")

    with pytest.raises(StartFailed):
        await server_on(fails).start()
