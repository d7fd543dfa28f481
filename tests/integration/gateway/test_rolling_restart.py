"""Two replicas are replaced one after the other under load: no request fails and no result is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.chaos.browser import Browser
from tests.chaos.replica import Replica
from tests.chaos.world import World, world
from tests.compatibility.runs import EXECUTE

pytestmark = pytest.mark.integration

_PAGES = 4
_PROBE = 0.05
"""Seconds between two looks at /ready."""


class Balancer:
    """Round-robin over what says that it is ready. It tries another one only if a connection is refused."""

    def __init__(self, replicas: list[Replica]) -> None:
        self._replicas = replicas
        self._client = httpx.AsyncClient(timeout=15)
        self._probes = httpx.AsyncClient(timeout=1)
        self._turn = 0
        self.ready: list[Replica] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self._client, self._probes:
            probing = asyncio.create_task(self._probe())
            try:
                await self.knows(len(self._replicas))
                yield
            finally:
                probing.cancel()
                await asyncio.wait([probing])

    async def _probe(self) -> None:
        while True:
            answers = await asyncio.gather(*(self._is_ready(replica) for replica in self._replicas))
            self.ready = [replica for replica, ready in zip(self._replicas, answers, strict=True) if ready]
            await asyncio.sleep(_PROBE)

    async def _is_ready(self, replica: Replica) -> bool:
        try:
            return (await self._probes.get(f"{replica.url}/ready")).status_code == 200
        except httpx.HTTPError:
            return False

    async def knows(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.ready) != count:
                await asyncio.sleep(0.01)

    def next(self) -> Replica:
        assert self.ready, "no replica is ready"
        self._turn += 1
        return self.ready[self._turn % len(self.ready)]

    async def ask(self, method: str, path: str, token: str, body: object = None) -> httpx.Response:
        for _ in range(3):
            try:
                return await self._client.request(
                    method, self.next().url + path, json=body, headers={"x-session-token": token}
                )
            except httpx.ConnectError:
                continue
        raise AssertionError("every replica refused the connection")


class Load:
    """What pages and workers do all day; every answer must be a good one."""

    def __init__(self, balancer: Balancer, made: World) -> None:
        self._balancer = balancer
        self._token = made.token
        self.answered: Counter[str] = Counter()
        self.pages = [Browser(made.token) for _ in range(_PAGES)]
        self.expected: dict[str, Browser] = {}

    async def work(self, until: asyncio.Event) -> None:
        number = 0
        while not until.is_set():
            number += 1
            await self._good("proxied", "GET", "/noetl/health")
            valid = await self._good("validate", "POST", "/api/auth/validate", {"session_token": self._token})
            assert valid["valid"] is True
            await self._run(self.pages[number % _PAGES])

    async def _run(self, page: Browser) -> None:
        variables = {"name": "demo/slow", "vars": {"seconds": 600}, "clientId": page.client_id}
        reply = await self._good("execute", "POST", "/graphql", {"query": EXECUTE, "variables": variables})
        request_id = reply["data"]["executePlaybook"]["requestId"]
        self.expected[request_id] = page
        result = {"request_id": request_id, "data": {"n": request_id}}
        await self._good("callback", "POST", "/api/internal/callback/async", result)

    async def _good(self, kind: str, method: str, path: str, body: object = None) -> Any:
        reply = await self._balancer.ask(method, path, self._token, body)
        assert reply.is_success, (kind, reply.status_code, reply.text)
        assert "errors" not in reply.json(), reply.text
        self.answered[kind] += 1
        return reply.json()

    async def watch(self, page: Browser) -> None:
        """As EventSource does: when the stream ends, a new one from where it was."""
        while True:
            if not page.is_connected and self._balancer.ready:
                await page.connect(self._balancer.next().url)
            await asyncio.sleep(0.05)

    async def until_all_is_told(self) -> None:
        async with asyncio.timeout(20):
            while self.missing():
                await asyncio.sleep(0.05)

    def missing(self) -> list[str]:
        return [request for request, page in self.expected.items() if self._results(page)[request] == 0]

    def repeated(self) -> list[str]:
        return [request for request, page in self.expected.items() if self._results(page)[request] > 1]

    def _results(self, page: Browser) -> Counter[object]:
        return Counter(frame.params["requestId"] for frame in page.frames if frame.event == "playbook/result")


@asynccontextmanager
async def _pages(load: Load) -> AsyncIterator[None]:
    watching = [asyncio.create_task(load.watch(page)) for page in load.pages]
    try:
        async with asyncio.timeout(10):
            while not all(page.client_id for page in load.pages):
                await asyncio.sleep(0.02)
        yield
    finally:
        for task in watching:
            task.cancel()
        await asyncio.wait(watching)
        for page in load.pages:
            await page.close()


async def _replace(replica: Replica, balancer: Balancer) -> None:
    await replica.terminate()
    await replica.start()
    await replica.until_ready()
    await balancer.knows(2)


async def test_no_request_fails_and_no_result_is_lost_while_two_replicas_are_replaced(tmp_path: Path) -> None:
    done = asyncio.Event()
    async with world(tmp_path, replicas=2) as made:
        balancer = Balancer(made.replicas)
        load = Load(balancer, made)
        async with balancer.running(), _pages(load):
            async with asyncio.TaskGroup() as working:
                for _ in range(4):
                    working.create_task(load.work(done))
                for replica in made.replicas:
                    await _replace(replica, balancer)
                done.set()
            await load.until_all_is_told()
    assert load.repeated() == []
    assert [page.resets for page in load.pages] == [0] * _PAGES
    assert all(load.answered[kind] > 50 for kind in ("proxied", "validate", "execute", "callback")), load.answered
