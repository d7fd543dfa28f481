"""The gateway as ASGI applications: the one factory that production, tests and the demo use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from litestar import Litestar

from entrypoints.assembly.graphql import graphql_route
from entrypoints.assembly.pages import pages
from entrypoints.assembly.routes import health, internal_routes, public_routes
from entrypoints.assembly.shared import Shared
from entrypoints.assembly.streams import events_app, poll_app, websocket_app
from entrypoints.container import Container, resources
from entrypoints.graphql.graphiql import GraphiQL
from entrypoints.http.asgi import AsgiApp
from entrypoints.http.cors import Cors
from entrypoints.http.dispatcher import Dispatcher
from entrypoints.http.ingress.app import PREFIX as INGRESS
from entrypoints.http.ingress.app import IngressApp
from entrypoints.http.litestar_app import litestar_app
from entrypoints.http.proxy.app import ProxyApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """`public` runs the lifespan of both; `internal` is there when the internal routes have a port of their own.

    `proxy`: the part of `public` that the fast lane serves.
    """

    public: Cors
    proxy: ProxyApp
    internal: AsgiApp | None = field(default=None)


def create_app(container: Container) -> Gateway:
    shared = Shared(container)
    own_port = shared.settings.server.internal_port is not None
    handlers = public_routes(shared) + ([] if own_port else internal_routes(shared))

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with resources(container):
            yield

    proxy = _proxy(shared)
    public = Cors(
        _dispatcher(shared, proxy, litestar_app(handlers, lifespan=[lifespan])),
        origins=shared.settings.cors.allowed_origins,
        credentials=shared.settings.cors.allow_credentials,
        rejected=shared.metrics.cors_rejected,
    )
    return Gateway(public=public, proxy=proxy, internal=_internal_app(shared) if own_port else None)


def _internal_app(shared: Shared) -> AsgiApp:
    litestar = litestar_app(internal_routes(shared) + health(shared)[:2])
    return Dispatcher(litestar=cast(AsgiApp, litestar), framework=_paths(litestar))


def _dispatcher(shared: Shared, proxy: ProxyApp, litestar: Litestar) -> Dispatcher:
    graphiql, transport = GraphiQL(), shared.settings.transport
    exact: dict[str, AsgiApp] = {"/graphql": graphql_route(shared, graphiql), "/api/events/poll": poll_app(shared)}
    if transport.sse_enabled:
        exact["/events"] = events_app(shared)
    if transport.ws_enabled:
        exact["/ws"] = websocket_app(shared)
    return Dispatcher(
        proxy=proxy,
        litestar=cast(AsgiApp, litestar),
        framework=_paths(litestar),
        exact=exact,
        websockets=frozenset({"/graphql", "/ws"}) if transport.ws_enabled else frozenset(),
        prefixes=((INGRESS, _ingress(shared)), *pages(shared, graphiql)),
    )


def _proxy(shared: Shared) -> ProxyApp:
    return ProxyApp(
        gate=shared.gate,
        forward=shared.container.use_cases.forward_request(),
        guard=shared.container.use_cases.authorize_forwarded(),
        upstream=shared.container.upstream(),
        trusted_proxies=shared.settings.server.trusted_proxies,
        request_ids=shared.request_ids,
        observe=shared.metrics.proxied,
        body_limit=shared.settings.limits.max_proxy_body_bytes,
    )


def _ingress(shared: Shared) -> AsgiApp:
    return IngressApp(
        accept=shared.container.accepting(),
        rate_limit=shared.rate_limit,
        limited=shared.metrics.rate_limited,
        trusted_proxies=shared.settings.server.trusted_proxies,
        body_limit=shared.settings.limits.max_body_bytes,
    )


def _paths(litestar: Litestar) -> dict[str, frozenset[str]]:
    return {route.path: frozenset(str(method) for method in route.methods) - {"OPTIONS"} for route in litestar.routes}
