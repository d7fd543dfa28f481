"""The proxy behind the gateway's own server, with the fast lane or without it, in front of a real upstream."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

from tests.unit.domain.gateway import ALICE, Gateway
from tests.unit.fast_lane.vocabulary import HOST, ORIGIN
from tests.unit.http_server.raw_client import RawClient, connected

from adapters.noetl.http1.pooled_upstream import PooledUpstream
from domain.access import GUARDED, ProxyPolicy
from domain.identity import Session, User
from domain.use_cases.authorize_forwarded import AuthorizeForwarded
from domain.use_cases.forward_request import ForwardRequest, Shards
from entrypoints.http.asgi import Receive, Scope, Send, respond
from entrypoints.http.cors import Cors
from entrypoints.http.dispatcher import Dispatcher
from entrypoints.http.fast_lane.lane import Errand, FastLane
from entrypoints.http.fast_lane.protocol import FastLaneProtocol
from entrypoints.http.gate import SessionGate
from entrypoints.http.proxy.app import ProxyApp, RequestIds
from entrypoints.http.server.drain import Drain, DrainTiming
from entrypoints.http.server.edge import Edge
from entrypoints.http.server.endpoint import Endpoint, HttpProtocol
from entrypoints.http.server.limits import RequestLimits
from entrypoints.http.server.protocol import GatewayProtocol
from entrypoints.http.server.serving import GatewayServer

SOON = 10.0
"""Seconds until something is given up that should have happened at once."""


async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
    """In the framework's place."""
    if scope["type"] == "http":
        await respond(send, 404)
        return
    while (message := await receive())["type"].startswith("lifespan."):
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


@dataclass(kw_only=True)
class Lane:
    """A served gateway and what it has noted. `taken`: targets that the fast lane has served."""

    session: Session
    server: GatewayServer
    drain: Drain
    upstream: PooledUpstream
    ended: "asyncio.Task[None]"
    observed: list[int]
    checks: list[str]
    rejected: list[None]
    taken: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.url.rsplit(":", 1)[1])

    @property
    def bearer(self) -> bytes:
        return b"authorization: Bearer %b\r\n" % self.session.token.text.encode()

    def request(self, target: bytes = b"/noetl/executions", method: bytes = b"GET", fields: bytes = b"") -> bytes:
        return b"%b %b HTTP/1.1\r\nhost: %b\r\n%b%b\r\n" % (method, target, HOST, self.bearer, fields)

    @asynccontextmanager
    async def warm(self) -> AsyncIterator[RawClient]:
        """A client whose next request finds a connection to NoETL waiting for it."""
        async with connected(self.port) as client:
            await client.send(self.request(b"/noetl/warm"))
            assert (await client.answer()).status == 200
            yield client


@asynccontextmanager
async def lane(
    gateway: Gateway,
    base_url: str,
    *,
    fast: bool = True,
    user: User = ALICE,
    session: Session | None = None,
    bypass: bool = False,
    shards: Sequence[str] = (),
    limits: RequestLimits | None = None,
    timing: DrainTiming | None = None,
    silence: float = 60.0,
    connections: int = 256,
) -> AsyncIterator[Lane]:
    async with PooledUpstream(
        connect_timeout=10, silence_timeout=silence, queue_timeout=10, max_connections_per_origin=connections
    ) as upstream:
        observed: list[int] = []
        checks: list[str] = []
        rejected: list[None] = []
        taken: list[bytes] = []
        cors = _application(gateway, upstream, base_url, shards, observed, checks, bypass=bypass)
        public = Cors(cors[1], origins=[ORIGIN.decode()], credentials=True, rejected=lambda: rejected.append(None))
        drain = Drain(timing or DrainTiming(total=0, grace=0, window=0))
        server = GatewayServer(
            Endpoint(
                app=public,
                limits=limits or RequestLimits(),
                protocol=_protocol(FastLane(proxy=cors[0], cors=public, upstream=upstream), taken, fast=fast),
            ),
            drain=drain,
        )
        await server.start()
        ended = asyncio.create_task(server.until_ended())
        try:
            yield Lane(
                session=session or await gateway.logged_in(user),
                server=server,
                drain=drain,
                upstream=upstream,
                ended=ended,
                observed=observed,
                checks=checks,
                rejected=rejected,
                taken=taken,
            )
        finally:
            server.begin_shutdown()
            server.begin_shutdown()
            await ended


def _application(
    gateway: Gateway,
    upstream: PooledUpstream,
    base_url: str,
    shards: Sequence[str],
    observed: list[int],
    checks: list[str],
    *,
    bypass: bool,
) -> tuple[ProxyApp, Dispatcher]:
    proxy = ProxyApp(
        gate=SessionGate(
            authenticate=gateway.authenticate,
            origin_allowed=lambda origin: origin == ORIGIN,
            count=lambda outcome: checks.append(outcome),
            bypass=bypass,
        ),
        forward=ForwardRequest(policy=ProxyPolicy(GUARDED), shards=Shards(default=base_url, base_urls=tuple(shards))),
        guard=AuthorizeForwarded(authorize=gateway.authorize),
        upstream=upstream,
        trusted_proxies=(ip_network("127.0.0.0/8"),),
        request_ids=RequestIds("abc"),
        observe=lambda status, seconds: observed.append(status),
        body_limit=1000,
    )
    return proxy, Dispatcher(litestar=elsewhere, framework={}, proxy=proxy)


def _protocol(of: FastLane, taken: list[bytes], *, fast: bool) -> HttpProtocol:
    class Noting(FastLaneProtocol):
        def _run(self, method: str, errand: Errand) -> None:
            taken.append(self.url)
            super()._run(method, errand)

    def protocol(config: object, server_state: Edge, app_state: dict[str, object]) -> GatewayProtocol:
        if fast:
            return Noting(config, server_state, app_state, of)  # type: ignore[arg-type]
        return GatewayProtocol(config, server_state, app_state)  # type: ignore[arg-type]

    return protocol


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        while not holds():
            await asyncio.sleep(0.001)
