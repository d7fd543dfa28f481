"""Streams: how many there may be, how long they live, and whose they are."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.attacks.conftest import Target
from tests.compatibility.stored import forget, store
from tests.integration.gateway.conftest import Deployment
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from entrypoints.demo.walkthrough import Stream

pytestmark = pytest.mark.integration

_SUBSCRIPTION = {"query": 'subscription { executionEvents(executionId: "1") { __typename } }'}


async def put_session(deployment: Deployment, *, seconds: float = 3600, user_id: int = 77) -> str:
    """A session of which only the bucket knows, as a playbook puts it there."""
    token = secrets.token_hex(16)
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    entry = {
        "session_token": token,
        "user_id": user_id,
        "email": "ann@example.com",
        "display_name": "Ann",
        "roles": ["viewer"],
        "is_active": True,
        "expires_at": ends.isoformat(),
    }
    await store(deployment, token, entry)
    return token


def as_session(token: str) -> dict[str, str]:
    return {"x-session-token": token}


@asynccontextmanager
async def open_stream(gateway: httpx.AsyncClient, token: str) -> AsyncIterator[Stream]:
    """Served: its init frame has come."""
    client = httpx.AsyncClient(base_url=gateway.base_url, headers=as_session(token), timeout=20)
    async with client:
        stream = await Stream.open(client)
        try:
            await stream.next("message")
            yield stream
        finally:
            await stream.close()


def socket_url(gateway: httpx.AsyncClient, path: str) -> str:
    return str(gateway.base_url.copy_with(scheme="ws", path=path))


async def close_code(socket: ClientConnection) -> int:
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(10):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code


async def opening(gateway: httpx.AsyncClient, token: str, *, in_query: bool = False) -> httpx.Response:
    """The answer to one more stream, which is left at once if it is served."""
    params, headers = ({"session_token": token}, None) if in_query else (None, as_session(token))
    async with gateway.stream("GET", "/events", params=params, headers=headers) as reply:
        return await _unless_served(reply)


async def _unless_served(reply: httpx.Response) -> httpx.Response:
    if reply.status_code != 200:
        await reply.aread()
    return reply


def assert_too_many(reply: httpx.Response) -> None:
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) >= 1
    assert "error" in reply.json() or "errors" in reply.json()


async def test_a_session_may_have_so_many_streams_and_gets_a_place_back_when_one_ends(deployment: Deployment) -> None:
    async with deployment.gateway(GATEWAY_STREAMS_PER_SESSION="2") as gateway, AsyncExitStack() as opened:
        token, other = await put_session(deployment), await put_session(deployment)
        await opened.enter_async_context(open_stream(gateway, token))
        async with open_stream(gateway, token):
            assert_too_many(await opening(gateway, token))
            assert_too_many(await opening(gateway, token, in_query=True))
            await opened.enter_async_context(open_stream(gateway, other))
        async with asyncio.timeout(10):
            while (await opening(gateway, token)).status_code == 429:
                await asyncio.sleep(0.02)


async def test_a_user_may_have_so_many_streams_however_many_sessions(deployment: Deployment) -> None:
    async with deployment.gateway(GATEWAY_STREAMS_PER_USER="3") as gateway, AsyncExitStack() as opened:
        for _ in range(3):
            token = await put_session(deployment, user_id=5)
            await opened.enter_async_context(open_stream(gateway, token))
        assert_too_many(await opening(gateway, await put_session(deployment, user_id=5)))
        await opened.enter_async_context(open_stream(gateway, await put_session(deployment, user_id=6)))


async def test_every_kind_of_stream_takes_a_place_of_the_same(deployment: Deployment) -> None:
    async with deployment.gateway(GATEWAY_STREAMS_PER_SESSION="1") as gateway:
        token = await put_session(deployment)
        async with open_stream(gateway, token):
            headers = {**as_session(token), "accept": "text/event-stream"}
            async with gateway.stream("POST", "/graphql", json=_SUBSCRIPTION, headers=headers) as reply:
                assert_too_many(await _unless_served(reply))
            async with connect(socket_url(gateway, "/ws"), additional_headers=as_session(token)) as socket:
                assert await close_code(socket) == 1013
        async with connect(socket_url(gateway, "/ws"), additional_headers=as_session(token)) as socket:
            await _initialized(socket)
            assert_too_many(await opening(gateway, token))


async def _initialized(socket: ClientConnection) -> None:
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}))
    async with asyncio.timeout(10):
        while json.loads(await socket.recv()).get("id") != 1:
            pass


async def test_a_stream_ends_with_its_session(deployment: Deployment) -> None:
    async with deployment.gateway() as gateway:
        token = await put_session(deployment, seconds=2)
        async with (
            open_stream(gateway, token) as stream,
            connect(socket_url(gateway, "/ws"), additional_headers=as_session(token)) as socket,
        ):
            await _initialized(socket)
            async with asyncio.timeout(5):
                await stream.ended()
            assert await close_code(socket) == 4401
        assert (await gateway.get("/noetl/health", headers=as_session(token))).status_code == 401


async def test_a_stream_ends_when_the_key_is_deleted(deployment: Deployment) -> None:
    async with deployment.gateway() as gateway:
        token = await put_session(deployment)
        async with (
            open_stream(gateway, token) as stream,
            connect(socket_url(gateway, "/ws"), additional_headers=as_session(token)) as socket,
        ):
            await _initialized(socket)
            await forget(deployment, token)
            async with asyncio.timeout(5):
                await stream.ended()
            assert await close_code(socket) == 4401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", None])
@pytest.mark.parametrize(("path", "protocols"), [("/ws", ()), ("/graphql", ("graphql-transport-ws",))])
async def test_a_foreign_page_cannot_open_a_websocket_with_the_users_cookie(
    target: Target, origin: str | None, path: str, protocols: tuple[str, ...]
) -> None:
    """Browsers send the cookie with every handshake, whatever page opens it."""
    async with connect(
        socket_url(target.client, path),
        additional_headers={"cookie": f"session_token={target.admin}"},
        origin=Origin(origin) if origin else None,
        subprotocols=[Subprotocol(protocol) for protocol in protocols] or None,
    ) as socket:
        if protocols:
            await socket.send('{"type": "connection_init"}')
        assert await close_code(socket) == 4403


async def test_a_page_of_the_gateway_itself_can(target: Target) -> None:
    async with connect(
        socket_url(target.client, "/ws"),
        additional_headers={"cookie": f"session_token={target.admin}"},
        origin=Origin(str(target.client.base_url).rstrip("/")),
    ) as socket:
        await _initialized(socket)
