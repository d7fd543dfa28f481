"""The whole stack on loopback: NATS, the simulated NoETL, the login page, the gateway."""

import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from entrypoints.container import Container
from entrypoints.demo.issuer.server import DemoIssuer
from entrypoints.demo.nats_server import NatsServer
from entrypoints.demo.noetl.server import SimulatedNoetl
from entrypoints.demo.ports import free_socket, origin_of
from entrypoints.demo.servers import serve
from entrypoints.serving import gateway_server
from entrypoints.settings.loading import load

CALLBACK_TOKEN = "demo-callback-token"  # noqa: S105 - likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPorts:
    """0 is any free port."""

    gateway: int = 0
    noetl: int = 0
    issuer: int = 0
    nats: int = 0


FIXED_PORTS = DemoPorts(gateway=8090, noetl=8082, issuer=8085, nats=4222)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStack:
    gateway_url: str
    noetl_url: str
    nats_url: str
    noetl: SimulatedNoetl
    issuer: DemoIssuer


@dataclass(frozen=True, slots=True, kw_only=True)
class BackEnds:
    """All that stands behind a gateway. `variables` are the settings by which one is pointed at it."""

    nats_url: str
    noetl: SimulatedNoetl
    noetl_url: str
    issuer: DemoIssuer
    variables: Mapping[str, str] = field(default_factory=dict)


@contextlib.asynccontextmanager
async def back_ends(
    ports: DemoPorts,
    *,
    callback_url: str | None = None,
    nats_url: str | None = None,
    session_bucket: str = "sessions",
) -> AsyncIterator[BackEnds]:
    """`callback_url`: the gateway to which auth playbooks answer when their workload names none.
    `nats_url`: a NATS that runs already; None starts one.
    """
    async with contextlib.AsyncExitStack() as running:
        if nats_url is None:
            nats_url = (await running.enter_async_context(NatsServer(port=ports.nats or None))).url
        noetl_socket, issuer_socket = free_socket(ports.noetl), free_socket(ports.issuer)
        noetl = await running.enter_async_context(
            SimulatedNoetl(
                nats_url=nats_url,
                session_bucket=session_bucket,
                callback_url=callback_url,
                internal_token=CALLBACK_TOKEN,
            )
        )
        issuer = DemoIssuer(url=origin_of(issuer_socket))
        noetl_url = await running.enter_async_context(serve(noetl, noetl_socket, lifespan="off"))
        await running.enter_async_context(serve(issuer, issuer_socket, lifespan="off"))
        yield BackEnds(
            nats_url=nats_url,
            noetl=noetl,
            noetl_url=noetl_url,
            issuer=issuer,
            variables=_variables(nats_url, noetl_url, issuer),
        )


def _variables(nats_url: str, noetl_url: str, issuer: DemoIssuer) -> dict[str, str]:
    return {
        "GATEWAY_BIND": "127.0.0.1",
        "NATS_URL": nats_url,
        "NOETL_BASE_URL": noetl_url,
        "NOETL_INTERNAL_API_TOKEN": CALLBACK_TOKEN,
        "GATEWAY_INTERNAL_TOKEN": CALLBACK_TOKEN,
        "GATEWAY_AUTH0_DOMAIN": issuer.url,
        "GATEWAY_AUTH0_CLIENT_ID": issuer.client_id,
        "GATEWAY_PUBSUB_JWKS_URL": f"{issuer.url}/.well-known/jwks.json",
        "GATEWAY_UI": "true",
        "GATEWAY_LOG_FORMAT": "text",
        "GATEWAY_DRAIN_SECS": "2",
    }


@contextlib.asynccontextmanager
async def gateway(behind: BackEnds, sock: socket.socket, more: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """A gateway on `sock`, in this process; gives its origin. `more`: further settings variables."""
    url = origin_of(sock)
    own = {"ROUTER_PORT": url.rpartition(":")[2], "GATEWAY_PUBLIC_URL": url, "CORS_ALLOWED_ORIGINS": _origins(url)}
    settings = load({**behind.variables, **own, **(more or {})})
    server = gateway_server(Container(settings=settings), [sock])
    await server.start()
    try:
        yield url
    finally:
        server.begin_shutdown()
        await server.until_ended()


def _origins(url: str) -> str:
    return ",".join((url, url.replace("127.0.0.1", "localhost"), "http://localhost:8080", "http://localhost:3000"))


@contextlib.asynccontextmanager
async def demo_stack(ports: DemoPorts, more: Mapping[str, str] | None = None) -> AsyncIterator[DemoStack]:
    with contextlib.closing(free_socket(ports.gateway)) as sock:
        async with back_ends(ports, callback_url=origin_of(sock)) as behind, gateway(behind, sock, more) as url:
            yield DemoStack(
                gateway_url=url,
                noetl_url=behind.noetl_url,
                nats_url=behind.nats_url,
                noetl=behind.noetl,
                issuer=behind.issuer,
            )
