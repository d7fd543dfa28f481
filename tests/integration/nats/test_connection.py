import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import pytest

from adapters.nats.connection import NatsConnection
from adapters.nats.options import NatsOptions
from domain.errors import StoreUnavailable
from tests.integration.nats.servers import NatsServer, eventually, free_port

Connect = Callable[..., Awaitable[NatsConnection]]


async def test_a_connected_gateway_has_no_trouble(connection: NatsConnection) -> None:
    assert connection.trouble() is None
    assert connection.is_connected


async def test_opening_without_a_server_does_not_fail_and_says_what_is_wrong() -> None:
    started = time.monotonic()
    port = free_port()
    async with NatsConnection(NatsOptions(url=f"nats://someone:secret@127.0.0.1:{port}")) as connection:
        assert time.monotonic() - started < 3
        trouble = connection.trouble()
        assert trouble is not None and f"127.0.0.1:{port}" in trouble and "refused" in trouble
        assert "secret" not in trouble
        with pytest.raises(StoreUnavailable):
            await connection.request("anything")


async def test_a_server_that_comes_later_is_found(make_server: Callable[..., NatsServer], connect: Connect) -> None:
    server = make_server()
    server.kill()
    connection = await connect(server.url)
    assert connection.trouble() is not None
    server.start()
    await eventually(lambda: connection.trouble() is None)


async def test_a_killed_server_fails_requests_at_once_and_is_found_again(
    server: NatsServer, connection: NatsConnection
) -> None:
    waiting = asyncio.ensure_future(connection.request("nobody.answers.this", timeout=30))

    async def ignore() -> None: ...

    heard: list[bytes] = []
    await connection.subscribe("nobody.answers.this", lambda message: None)
    waiting.cancel()
    await connection.subscribe("echo", lambda message: heard.append(message.data))
    pending = asyncio.ensure_future(connection.request("nobody.answers.this", timeout=30))
    await asyncio.sleep(0.05)
    server.kill()
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(pending, 5)
    await eventually(lambda: not connection.is_connected)
    with pytest.raises(StoreUnavailable):
        await connection.publish("echo", b"lost")
    server.start()
    await eventually(lambda: connection.trouble() is None)
    await connection.publish("echo", b"found")
    await eventually(lambda: heard)
    assert heard == [b"found"]


async def test_a_frozen_server_is_noticed_and_given_up(server: NatsServer, connection: NatsConnection) -> None:
    payload = bytes(900_000)
    server.freeze()
    for _ in range(20):
        try:
            await connection.publish("nobody", payload)
        except StoreUnavailable:
            break
    started = time.monotonic()
    await eventually(lambda: not connection.is_connected)
    assert time.monotonic() - started < 4
    assert "no answer" in str(connection.trouble()) or "lost" in str(connection.trouble())
    server.thaw()
    await eventually(lambda: connection.trouble() is None)
