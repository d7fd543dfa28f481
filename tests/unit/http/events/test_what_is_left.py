"""A stream that is over is freed at once. What cycles of references hold waits for a search that comes rarely."""

import asyncio
import gc
from collections.abc import Iterator

import pytest
from tests.unit.domain.gateway import Gateway
from tests.unit.fast_lane.lanes import elsewhere, until
from tests.unit.http.events.test_events_app import Edge
from tests.unit.http_server.raw_client import connected
from tests.unit.http_server.servers import serving

from adapters.memory.clock import ManualClock
from domain.client_feed import ClientFeed
from domain.live_stream import LiveStream
from entrypoints.http.asgi import Receive, Scope, Send
from entrypoints.http.events.connection import EventConnection
from entrypoints.http.events.open_stream import OpenStream
from entrypoints.http.server.cycle import GatewayCycle
from entrypoints.http.server.protocol import GatewayProtocol

OF_A_STREAM = (ClientFeed, EventConnection, GatewayCycle, GatewayProtocol, LiveStream, OpenStream)


@pytest.fixture(autouse=True)
def _without_a_search() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def left() -> list[str]:
    return [type(one).__name__ for one in gc.get_objects() if isinstance(one, OF_A_STREAM)]


def end_all(edge: Edge) -> None:
    for end in tuple(edge.draining):
        end()


@pytest.mark.parametrize("ends", ["its client leaves", "the process ends it"])
async def test_nothing_is_left_of_a_stream_when(gateway: Gateway, clock: ManualClock, ends: str) -> None:
    edge = Edge(gateway, clock)
    session = await gateway.logged_in()
    before = left()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (elsewhere if scope["type"] == "lifespan" else edge.app)(scope, receive, send)

    request = b"GET /events?session_token=%b HTTP/1.1\r\nHost: a\r\n\r\n" % session.token.text.encode()
    async with serving(app) as served:
        for _ in range(3):
            async with connected(served.port) as client:
                await client.send(request)
                assert (await client.head()).status == 200
                assert b"clientId" in await client.chunk()
                assert {"OpenStream", "LiveStream"} <= set(left())
                if ends == "the process ends it":
                    end_all(edge)
                    assert [chunk async for chunk in client.chunks()]
        await until(lambda: edge.at_rest)
        await asyncio.sleep(0.05)
        assert left() == before
