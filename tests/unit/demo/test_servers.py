import asyncio
import contextlib
import signal

import httpx
import pytest
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

from entrypoints.demo.ports import free_port, free_socket, origin_of, port_of
from entrypoints.demo.servers import ServerStartError, serve


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == ScopeType.HTTP
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello", "more_body": False})


async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == ScopeType.HTTP
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await asyncio.sleep(60)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("broken at the start")


async def test_an_application_is_served_for_the_life_of_the_block() -> None:
    sock = free_socket()
    async with httpx.AsyncClient() as http:
        async with serve(hello, sock) as url:
            assert (await http.get(url)).text == "hello"
        with pytest.raises(httpx.ConnectError):
            await http.get(url)


async def test_signals_stay_with_whoever_had_them() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with serve(hello, free_socket()):
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


async def test_an_application_that_fails_at_its_start_is_told() -> None:
    with pytest.raises(ServerStartError):
        async with serve(broken, free_socket(), lifespan="on"):
            pass


async def test_an_open_stream_does_not_keep_the_server_from_ending() -> None:
    async with (
        asyncio.timeout(5),
        httpx.AsyncClient() as http,
        contextlib.AsyncExitStack() as client_side,
        serve(endless, free_socket(), stop_timeout=1) as url,
    ):
        reply = await client_side.enter_async_context(http.stream("GET", url))
        assert await anext(reply.aiter_bytes()) == b"first"


async def test_an_error_in_the_block_ends_the_server_and_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        async with serve(hello, free_socket()) as url:
            raise ZeroDivisionError(url)


def test_free_sockets_have_different_loopback_ports() -> None:
    with free_socket() as one, free_socket() as two:
        assert port_of(one) != port_of(two)
        assert origin_of(one) == f"http://127.0.0.1:{port_of(one)}"


def test_a_wanted_port_is_taken_or_refused() -> None:
    port = free_port()
    with free_socket(port) as sock:
        assert port_of(sock) == port
        sock.listen()
        with pytest.raises(OSError, match="in use"):
            free_socket(port)
