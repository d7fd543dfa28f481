"""A process that is late with reading: the server ends its connection, and the history makes up for it."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.contracts.given import a_frame, step_of
from tests.integration.nats.gateways import Gateway, gateway
from tests.integration.nats.servers import NatsServer, eventually
from tests.unit.domain.feed_doubles import WrittenSink

from adapters.system.clock import SystemClock
from domain.client_feed import ClientFeed
from domain.clients import ClientId
from domain.live_stream import LiveStream

_FRAMES = 60
_CLIENTS = 12
_FRAME_BYTES = 40_000
"""All in all 60 MB, more than what the sockets and the server hold for a process that does not read."""
_CONFIGURATION = """
max_pending: 8MB
write_deadline: "100ms"
"""


async def _publish(url: str, clients: Sequence[ClientId]) -> None:
    async with gateway(url) as there:
        await eventually(there.sees_everything)
        for number in range(_FRAMES):
            frame = a_frame(step=f"{number} {'x' * _FRAME_BYTES}")
            await asyncio.gather(*(there.streams.publish(client, [frame]) for client in clients))


def published_by_another_process(url: str, clients: Sequence[ClientId]) -> None:
    """Returns when all is stored, and holds up this thread's loop until then."""
    other = threading.Thread(target=lambda: asyncio.run(_publish(url, clients)))
    other.start()
    other.join()


def slow_consumers(server: NatsServer) -> set[str]:
    """The connections that the server ended for that."""
    return set(re.findall(r"cid:(\d+) .*Slow Consumer", server.log))


@asynccontextmanager
async def served(here: Gateway, client: ClientId) -> AsyncIterator[WrittenSink]:
    sink, clock = WrittenSink(), SystemClock()
    live = LiveStream(
        client_id=client,
        feed=ClientFeed(await here.streams.position(), sink, clock.now),
        streams=here.streams,
        clock=clock,
        replaced=lambda: None,
    )
    async with here.streams.attach(client, live):
        live.start()
        try:
            yield sink
        finally:
            await live.close()


async def test_streams_of_a_slow_consumer_get_each_frame_once_and_in_order(
    make_server: Callable[..., NatsServer], tmp_path: Path
) -> None:
    configuration = tmp_path / "nats.conf"
    configuration.write_text(_CONFIGURATION)
    server = make_server("-c", str(configuration))
    await server.answering()
    async with gateway(server.url) as here, AsyncExitStack() as stack:
        await eventually(here.sees_everything)
        own = [(await here.clients.open(7, await here.streams.position())).client_id for _ in range(_CLIENTS)]
        # As after a restart, when clients come back that another process has handed out.
        clients = [*own, *(ClientId("gone0", f"{number:020d}") for number in range(_CLIENTS))]
        sinks = [await stack.enter_async_context(served(here, client)) for client in clients]
        first = here.connection.link

        published_by_another_process(server.url, clients)

        assert len(slow_consumers(server)) == 1
        await eventually(lambda: all(len(sink.written) >= _FRAMES for sink in sinks), 60)
        assert here.connection.link is not first
        await eventually(here.sees_everything)
        assert len(slow_consumers(server)) == 1, "to catch up must not be too much in its turn"
    for sink in sinks:
        assert sink.resets == []
        assert [step_of(frame).split()[0] for frame in sink.written] == [f"{number}" for number in range(_FRAMES)]
