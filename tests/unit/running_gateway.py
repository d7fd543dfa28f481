"""The whole gateway behind a real socket, on memory adapters. Several over one bus are replicas of each other."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from adapters.memory.access_checker import MemoryAccessChecker
from adapters.memory.bus import MemoryBus
from adapters.memory.callback_inbox import MemoryCallbackInbox
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.client_registry import MemoryClientRegistry
from adapters.memory.client_streams import MemoryClientStreams
from adapters.memory.event_feed import MemoryEventFeed
from adapters.memory.health import MemoryHealth
from adapters.memory.pending_requests import MemoryPendingRequests
from adapters.memory.playbook_runner import MemoryPlaybookRunner
from adapters.memory.revocations import MemoryRevocations
from adapters.memory.session_authority import MemorySessionAuthority
from adapters.memory.session_ends import MemorySessionEnds
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.started_requests import MemoryStartedRequests
from adapters.memory.stream_tickets import MemoryStreamTickets
from adapters.memory.upstream import MemoryUpstream, answer
from adapters.system.clock import SystemClock
from domain.events import ExecutionEvent
from domain.identity import Session, User
from domain.proxying import UpstreamRequest, UpstreamResponse
from entrypoints.app import create_app
from entrypoints.container import Container
from entrypoints.http.server.drain import Drain, DrainTiming
from entrypoints.http.server.endpoint import Endpoint
from entrypoints.http.server.limits import RequestLimits
from entrypoints.http.server.serving import GatewayServer
from entrypoints.settings.loading import load

ADA = User(user_id=7, email="ada@example.test", display_name="Ada")
BOB = User(user_id=8, email="bob@example.test", display_name="Bob")
PLAYBOOK = "examples/hello"
AT_ONCE = DrainTiming(total=0, grace=0, window=0)
_ENVIRONMENT = {
    "NOETL_AUTH_SYNC": "true",
    "NOETL_AUTHZ_SYNC": "true",
    "GATEWAY_AUTH0_DOMAIN": "tenant.auth0.example.test",
    "CORS_ALLOWED_ORIGINS": "https://app.example.test",
}


@dataclass(kw_only=True)
class RunningGateway:
    bus: MemoryBus
    container: Container
    server: GatewayServer
    drain: Drain
    authority: MemorySessionAuthority
    runner: MemoryPlaybookRunner
    ended: "asyncio.Task[None]"

    @property
    def address(self) -> str:
        return self.server.url.removeprefix("http://")

    def url(self, path: str) -> str:
        """Of a WebSocket."""
        return f"ws://{self.address}{path}"

    def http(self, session: Session | None = None) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {session.token.text}"} if session else {}
        return httpx.AsyncClient(base_url=self.server.url, headers=headers, timeout=10)

    async def log_in(self, user: User = ADA, *, hours: float = 8) -> Session:
        session = self.authority.open(user, hours=hours)
        await MemorySessionStore(self.bus).put(session)
        return session

    async def log_out(self, session: Session) -> None:
        await self.container.use_cases.log_out()(session.token)

    async def answer(self, request_id: str, data: object = None, **members: object) -> int:
        """As a worker posts a result; the status of the gateway's answer."""
        body = {"request_id": request_id, "status": "COMPLETED", "data": data, **members}
        async with self.http() as client:
            return (await client.post("/api/internal/callback/async", json=body)).status_code

    async def progress(self, request_id: str, message: str) -> None:
        async with self.http() as client:
            reply = await client.post("/api/internal/progress", json={"request_id": request_id, "message": message})
            assert reply.status_code == 200

    def happen(self, execution_id: str, event_type: str, step: str | None = None, status: str = "completed") -> None:
        """A lifecycle event of NoETL."""
        self.bus.events.put(
            ExecutionEvent(
                event_id=f"{event_type}.{step}",
                execution_id=execution_id,
                event_type=event_type,
                status=status,
                at="2026-11-24T00:00:00Z",
                step_name=step,
            )
        )


async def _echo(request: UpstreamRequest) -> UpstreamResponse:
    return answer(b"{}")


def memory_container(
    bus: MemoryBus, authority: MemorySessionAuthority, runner: MemoryPlaybookRunner, variables: Mapping[str, str]
) -> Container:
    return Container(
        settings=load({**_ENVIRONMENT, **variables}, Path("/nonexistent")),
        clock=bus.clock,
        nats=None,
        nats_health=MemoryHealth("nats"),
        key_sets=None,
        identity_provider=None,
        upstream=MemoryUpstream(_echo),
        playbook_runner=runner,
        catalog=MemoryCatalog(),
        synchronous_authority=authority,
        synchronous_access=MemoryAccessChecker({(PLAYBOOK, "execute")}),
        session_store=MemorySessionStore(bus),
        revocations=MemoryRevocations(bus),
        session_ends=MemorySessionEnds(bus),
        callback_inbox=MemoryCallbackInbox(bus),
        pending_requests=MemoryPendingRequests(bus),
        started_requests=MemoryStartedRequests(bus),
        client_registry=MemoryClientRegistry(bus),
        client_streams=MemoryClientStreams(bus),
        stream_tickets=MemoryStreamTickets(bus),
        event_feed=MemoryEventFeed(bus),
    )


@asynccontextmanager
async def running_gateway(
    bus: MemoryBus | None = None,
    *,
    variables: Mapping[str, str] | None = None,
    runner: MemoryPlaybookRunner | None = None,
    limits: RequestLimits | None = None,
    timing: DrainTiming = AT_ONCE,
) -> AsyncIterator[RunningGateway]:
    bus = bus or MemoryBus(SystemClock())
    authority, runner = MemorySessionAuthority(bus.clock, {}), runner or MemoryPlaybookRunner()
    container = memory_container(bus, authority, runner, variables or {})
    drain = Drain(timing)
    container.drain.override(drain)
    endpoint = Endpoint(app=create_app(container).public, limits=limits or RequestLimits())
    server = GatewayServer(endpoint, drain=drain)
    await server.start()
    ended = asyncio.create_task(server.until_ended())
    try:
        yield RunningGateway(
            bus=bus,
            container=container,
            server=server,
            drain=drain,
            authority=authority,
            runner=runner,
            ended=ended,
        )
    finally:
        server.begin_shutdown()
        server.begin_shutdown()
        await ended
