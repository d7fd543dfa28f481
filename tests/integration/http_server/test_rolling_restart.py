"""Two replicas are replaced one after the other while clients work, and no request fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.integration.http_server.processes import Running, served
from tests.unit.http_server.heads import get
from tests.unit.http_server.raw_client import RawClient, ask, connected


class LoadBalancer:
    """Knows which replicas are ready, as their /ready says every 50 ms."""

    def __init__(self) -> None:
        self.replicas: list[Running] = []
        self._ready: list[int] = []
        self._turn = 0

    async def probe(self) -> None:
        while True:
            self._ready = [replica.port for replica in self.replicas if await _is_ready(replica.port)]
            await asyncio.sleep(0.05)

    def next_port(self) -> int:
        self._turn += 1
        return self._ready[self._turn % len(self._ready)]

    async def knows(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self._ready) != count:
                await asyncio.sleep(0.01)


async def _is_ready(port: int) -> bool:
    try:
        return (await ask(port, get(b"/ready"))).status == 200
    except (OSError, EOFError):
        return False


class Client:
    """Keeps its connection for as long as the server lets it, and never tries a request twice."""

    def __init__(self, balancer: LoadBalancer) -> None:
        self._balancer = balancer
        self.answered = 0
        self.served_by: set[bytes] = set()

    async def work(self, until: asyncio.Event) -> None:
        while not until.is_set():
            async with connected(self._balancer.next_port()) as connection:
                while not until.is_set() and await self._ask(connection):
                    await asyncio.sleep(0.002)

    async def _ask(self, connection: RawClient) -> bool:
        await connection.send(get())
        answer = await connection.answer()
        assert answer.status == 200
        self.answered += 1
        self.served_by.add(answer.body)
        return answer.headers.get("connection") != "close"


@asynccontextmanager
async def probing(balancer: LoadBalancer) -> AsyncIterator[None]:
    task = asyncio.create_task(balancer.probe())
    try:
        await balancer.knows(2)
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_no_request_fails_while_two_replicas_are_restarted() -> None:
    balancer, done = LoadBalancer(), asyncio.Event()
    async with AsyncExitStack() as stack:
        balancer.replicas = [await stack.enter_async_context(served(DRAIN_SECS="3")) for _ in range(2)]
        async with probing(balancer):
            clients = [Client(balancer) for _ in range(16)]
            working = [asyncio.create_task(client.work(done)) for client in clients]
            for place in range(2):
                balancer.replicas[place].terminate()
                assert await balancer.replicas[place].exit_code() == 0
                balancer.replicas[place] = await stack.enter_async_context(served(DRAIN_SECS="3"))
                await balancer.knows(2)
                await asyncio.sleep(0.1)
            done.set()
            await asyncio.gather(*working)
    assert sum(client.answered for client in clients) > 500
    assert len({pid for client in clients for pid in client.served_by}) >= 3
