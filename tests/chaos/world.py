"""Replicas, a NATS that can die, networks that can break, workers that answer, pages that wait."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from tests.chaos.browser import Browser
from tests.chaos.fault_proxy import FaultProxy
from tests.chaos.replica import Replica

from entrypoints.demo.issuer.server import DemoIssuer
from entrypoints.demo.nats_server import NatsServer
from entrypoints.demo.noetl.server import SimulatedNoetl
from entrypoints.demo.ports import free_port, free_socket, origin_of
from entrypoints.demo.servers import serve

_EXECUTE = """mutation($n: String!, $c: String) {
  executePlaybook(name: $n, variables: {}, clientId: $c) { requestId executionId }
}"""
_PLAYBOOK = "demo/slow"
"""Runs longer than any history and posts nothing: here the test is the worker."""


@dataclass(slots=True)
class Run:
    """`told`: numbers of the progress reports that were acknowledged; `answered`: the result was."""

    request_id: str
    execution_id: str
    browser: Browser
    told: list[int] = field(default_factory=list)
    next_report: int = 1
    answered: bool = False
    wants_answer: bool = False


@dataclass(slots=True, kw_only=True)
class World:
    nats: NatsServer
    proxies: list[FaultProxy]
    replicas: list[Replica]
    token: str
    browsers: list[Browser] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    async def begin(self, browsers: int) -> None:
        """A new history: everything works, nobody waits for anything."""
        await self.heal()
        for browser in self.browsers:
            await browser.close()
        self.browsers = [Browser(self.token) for _ in range(browsers)]
        self.runs = []
        for number, browser in enumerate(self.browsers):
            await browser.connect(self.replicas[number % len(self.replicas)].url)
            assert browser.client_id is not None

    async def heal(self) -> None:
        if not self.nats.is_running:
            await self.nats.start()
        for proxy in self.proxies:
            await proxy.heal()
        for replica in self.replicas:
            await replica.start()
        await asyncio.gather(*(replica.until_ready() for replica in self.replicas))

    async def restart_nats(self) -> None:
        await self.nats.kill()
        await self.nats.start()

    async def execute(self, browser: Browser, replica: Replica) -> None:
        body = {"query": _EXECUTE, "variables": {"n": _PLAYBOOK, "c": browser.client_id}}
        reply = await self._post(replica, "/graphql", body)
        started = ((reply or {}).get("data") or {}).get("executePlaybook") if isinstance(reply, dict) else None
        if started:
            self.runs.append(Run(started["requestId"], started["executionId"], browser))

    async def report(self, run: Run, replica: Replica) -> None:
        """One progress report; if it is not acknowledged, the worker goes on all the same."""
        number, run.next_report = run.next_report, run.next_report + 1
        body = {"request_id": run.request_id, "execution_id": run.execution_id, "step": str(number)}
        if not run.wants_answer and await self._post(replica, "/api/internal/progress", body) is not None:
            run.told.append(number)

    async def answer(self, run: Run, *replicas: Replica) -> None:
        """The result, posted to all of these at once, as a worker does that repeats itself."""
        run.wants_answer = True
        body = {"request_id": run.request_id, "execution_id": run.execution_id, "data": {"n": run.request_id}}
        path = "/api/internal/callback/async"
        acknowledged = await asyncio.gather(*(self._post(replica, path, body) for replica in replicas))
        run.answered = run.answered or any(reply is not None for reply in acknowledged)

    async def _post(self, replica: Replica, path: str, body: object) -> object | None:
        """The decoded 2xx reply, None for anything else."""
        try:
            async with httpx.AsyncClient(base_url=replica.url, timeout=8) as client:
                reply = await client.post(path, json=body, headers={"x-session-token": self.token})
        except httpx.HTTPError:
            return None
        return reply.json() if reply.is_success else None

    async def settle(self) -> None:
        """Everything works again; workers repeat what was not acknowledged; pages reconnect and get the rest."""
        await self.heal()
        for run in self.runs:
            async with asyncio.timeout(30):
                while not run.answered:
                    await self.answer(run, self.replicas[0])
        for number, browser in enumerate(self.browsers):
            async with asyncio.timeout(30):
                await browser.connect(self.replicas[-1 - number % len(self.replicas)].url)
                while not self._has_all(browser):
                    if not browser.is_connected:
                        await browser.connect(self.replicas[0].url)
                    await asyncio.sleep(0.02)

    def _has_all(self, browser: Browser) -> bool:
        if browser.resets:
            return True
        got = {frame.params.get("requestId") for frame in browser.frames if frame.event == "playbook/result"}
        return all(run.request_id in got for run in self.runs if run.browser is browser)


@contextlib.asynccontextmanager
async def world(folder: Path, replicas: int = 3, more: Mapping[str, str] | None = None) -> AsyncIterator[World]:
    """`more`: further settings of the replicas."""
    async with contextlib.AsyncExitStack() as running:
        nats = await running.enter_async_context(NatsServer())
        noetl_socket, issuer_socket = free_socket(), free_socket()
        noetl = await running.enter_async_context(SimulatedNoetl(nats_url=nats.url))
        issuer = DemoIssuer(url=origin_of(issuer_socket))
        noetl_url = await running.enter_async_context(serve(noetl, noetl_socket, lifespan="off"))
        await running.enter_async_context(serve(issuer, issuer_socket, lifespan="off"))
        made = World(nats=nats, proxies=[], replicas=[], token="")
        for number in range(replicas):
            proxy = await running.enter_async_context(FaultProxy(free_port(), nats.port))
            variables = {
                "GATEWAY_BIND": "127.0.0.1",
                "NATS_URL": f"nats://127.0.0.1:{proxy.port}",
                "NOETL_BASE_URL": noetl_url,
                "NOETL_AUTH_SYNC": "true",
                "NOETL_AUTHZ_SYNC": "true",
                "GATEWAY_AUTH0_DOMAIN": issuer.url,
                "GATEWAY_DRAIN_SECS": "2",
                "GATEWAY_RATE_LIMIT_AUTH": "0",
                **(more or {}),
            }
            port = free_port()
            replica = Replica(port, variables | {"ROUTER_PORT": str(port)}, folder / f"replica-{number}.log")
            running.push_async_callback(replica.kill)
            made.proxies.append(proxy)
            made.replicas.append(replica)
        await made.heal()
        made.token = await _log_in(made.replicas[0], issuer)
        yield made
        for browser in made.browsers:
            await browser.close()


async def _log_in(replica: Replica, issuer: DemoIssuer) -> str:
    async with httpx.AsyncClient(base_url=replica.url, timeout=20) as client:
        token = issuer.issue("alice@example.com", nonce=secrets.token_hex(4))
        reply = await client.post("/api/auth/login", json={"auth0_token": token})
        assert reply.status_code == 200, reply.text
        session: str = reply.json()["session_token"]
        return session
