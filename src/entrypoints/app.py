"""The gateway as ASGI applications: the one factory that production, tests and the demo use."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from domain.identity import Session
from domain.identity_headers import identity_headers
from domain.proxying import Headers
from entrypoints.container import Container, dependencies, resources
from entrypoints.graphql.context import GraphQLUseCases
from entrypoints.graphql.graphiql import GraphiQL
from entrypoints.graphql.limits import GraphQLLimits
from entrypoints.graphql.schema import build_schema
from entrypoints.graphql.view import GraphQLView
from entrypoints.http.asgi import AsgiApp, Receive, Scope, Send
from entrypoints.http.client_address import client_address
from entrypoints.http.cors import Cors
from entrypoints.http.dispatcher import Dispatcher
from entrypoints.http.events.app import EventsApp
from entrypoints.http.events.connection import StreamTiming
from entrypoints.http.events.places import StreamLimits, StreamPlaces
from entrypoints.http.gate import SessionGate, is_own_origin
from entrypoints.http.graphql_route import GraphQLRoute
from entrypoints.http.ingress.app import PREFIX as INGRESS
from entrypoints.http.ingress.app import IngressApp
from entrypoints.http.litestar_app import litestar_app
from entrypoints.http.proxy.app import ProxyApp, RequestIds
from entrypoints.http.rate_limit import RateLimit
from entrypoints.http.routes.auth import AuthUseCases, auth_routes
from entrypoints.http.routes.callbacks import CallbackUseCases, callback_routes
from entrypoints.http.routes.contract import contract_routes
from entrypoints.http.routes.health import health_routes
from entrypoints.http.routes.schema import schema_routes
from entrypoints.http.routes.sharding import sharding_routes
from entrypoints.http.routes.tickets import ticket_routes
from entrypoints.http.static_files import StaticFiles
from entrypoints.http.stream_life import StreamLife
from entrypoints.http.stream_session import StreamSession
from entrypoints.http.websocket.app import WebSocketApp
from entrypoints.http.websocket.methods import WebSocketUseCases
from entrypoints.settings.loading import Settings

_ASSETS = "/graphql/assets/"
_CLIENT = "/client/"
_UI = "/ui/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """`public` runs the lifespan of both; `internal` is there when the internal routes have a port of their own."""

    public: AsgiApp
    internal: AsgiApp | None = field(default=None)


def create_app(container: Container) -> Gateway:
    return _Assembly(container).gateway()


class _Assembly:
    """The pieces that several applications share, built once."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._settings: Settings = container.settings()
        self._metrics = container.metrics()
        self._metrics.watch(dependencies(container))
        self._ids = RequestIds(secrets.token_hex(6))
        transport = self._settings.transport
        self._places = StreamPlaces(
            StreamLimits(
                per_process=transport.max_streams,
                per_user=transport.streams_per_user,
                per_session=transport.streams_per_session,
            )
        )
        self._rate_limit = RateLimit(self._settings.limits.rate_limit_auth, container.clock().monotonic)
        self._cors_origins = frozenset(origin.encode() for origin in self._settings.cors.allowed_origins)
        self._gate = SessionGate(
            authenticate=container.use_cases.authenticate(),
            origin_allowed=self._cors_origins.__contains__,
            count=self._metrics.session_check,
            bypass=self._settings.proxy_policy.auth_bypass,
        )

    def gateway(self) -> Gateway:
        own_port = self._settings.server.internal_port is not None
        public = self._public_routes() + ([] if own_port else self._internal_routes())
        litestar = litestar_app(public, lifespan=[self._lifespan])
        app = Cors(
            self._dispatcher(litestar),
            origins=self._settings.cors.allowed_origins,
            credentials=self._settings.cors.allow_credentials,
            rejected=self._metrics.cors_rejected,
        )
        return Gateway(public=app, internal=self._internal_app() if own_port else None)

    @asynccontextmanager
    async def _lifespan(self, _: Litestar) -> AsyncIterator[None]:
        async with resources(self._container):
            yield

    def _public_routes(self) -> list[HTTPRouteHandler]:
        container, settings = self._container, self._settings
        auth = AuthUseCases(
            log_in=container.use_cases.log_in(),
            log_out=container.use_cases.log_out(),
            authenticate=container.use_cases.authenticate(),
            check_access=container.use_cases.check_access(),
        )
        networks = settings.server.trusted_proxies
        return [
            *self._health_routes()[:2],
            *auth_routes(auth, self._rate_limit, networks, settings.limits.max_body_bytes),
            *contract_routes(_auth0_block(settings), _security_block(settings)),
            *sharding_routes(),
            *schema_routes(),
            *ticket_routes(self._gate, container.stream_tickets()),
        ]

    def _health_routes(self) -> list[HTTPRouteHandler]:
        drain = self._container.drain()
        return health_routes(dependencies(self._container), lambda: drain.is_draining, self._metrics.exposition)

    def _internal_routes(self) -> list[HTTPRouteHandler]:
        container, server = self._container, self._settings.server
        callbacks = CallbackUseCases(
            deliver_auth_callback=container.use_cases.deliver_auth_callback(),
            deliver_callback=container.use_cases.deliver_callback(),
            report_progress=container.use_cases.report_progress(),
        )
        token = server.internal_token.get_secret_value() if server.internal_token else None
        return [
            *callback_routes(
                callbacks,
                token,
                self._settings.limits.max_result_bytes,
                server.trusted_proxies,
                self._metrics.callback_unreadable,
            ),
            *self._health_routes()[2:],
        ]

    def _internal_app(self) -> AsgiApp:
        handlers = self._internal_routes() + self._health_routes()[:2]
        litestar = litestar_app(handlers)
        return Dispatcher(litestar=cast(AsgiApp, litestar), framework=_paths(litestar))

    def _dispatcher(self, litestar: Litestar) -> Dispatcher:
        page = GraphiQL()
        exact: dict[str, AsgiApp] = {"/graphql": self._graphql(page)}
        if self._settings.transport.sse_enabled:
            exact["/events"] = self._events()
        if self._settings.transport.ws_enabled:
            exact["/ws"] = self._websocket()
        return Dispatcher(
            proxy=self._proxy(),
            litestar=cast(AsgiApp, litestar),
            framework=_paths(litestar),
            exact=exact,
            prefixes=(
                (_ASSETS, _assets(page)),
                (INGRESS, self._ingress()),
                (_CLIENT, StaticFiles(_CLIENT, "entrypoints.browser")),
                *self._pages(),
            ),
        )

    def _pages(self) -> Iterator[tuple[str, AsgiApp]]:
        """The login page talks to the issuer itself, so its policy has to name it."""
        if self._settings.server.ui:
            domain = self._settings.auth0.domain or ""
            issuer = domain if "://" in domain else f"https://{domain}" if domain else ""
            policy = (
                f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {issuer}; "
                "img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
            )
            yield _UI, StaticFiles(_UI, "entrypoints.browser.ui", policy=policy)

    def _graphql(self, page: GraphiQL) -> AsgiApp:
        container, limits = self._container, self._settings.limits
        view = GraphQLView(
            schema=build_schema(),
            use_cases=GraphQLUseCases(
                execute_playbook=container.use_cases.execute_playbook(),
                rerun_execution=container.use_cases.rerun_execution(),
                call_api=container.use_cases.call_api(),
                announce_started=container.use_cases.announce_started(),
                upstream_headers=self._upstream_headers,
            ),
            limits=GraphQLLimits(
                depth=limits.graphql_depth,
                aliases=limits.graphql_aliases,
                batch=limits.graphql_batch,
                introspection=limits.graphql_introspection,
            ),
            graphiql=page,
            body_limit=limits.max_body_bytes,
        )
        return GraphQLRoute(gate=self._gate, view=view, wants_page=page.is_wanted, page=page.page)

    def _upstream_headers(self, session: Session, scope: Scope) -> Headers:
        address = client_address(scope, self._settings.server.trusted_proxies)
        return (
            *identity_headers(session),
            (b"x-request-id", self._ids.next()),
            (b"x-forwarded-for", address.encode()),
        )

    def _events(self) -> AsgiApp:
        container, transport = self._container, self._settings.transport
        return EventsApp(
            sessions=self._stream_session(),
            stream_events=container.use_cases.stream_events(),
            session_ends=container.session_ends(),
            clock=container.clock(),
            wheel=container.timer_wheel(),
            places=self._places,
            timing=StreamTiming(
                heartbeat=transport.heartbeat_interval_secs, rotate_after=transport.connection_timeout_secs
            ),
            gauge=self._metrics,
            buffer_bytes=transport.stream_buffer_bytes,
            on_drain=container.drain().on_begin,
        )

    def _ingress(self) -> AsgiApp:
        return IngressApp(
            accept=self._container.accept_delivery(),
            rate_limit=self._rate_limit,
            limited=self._metrics.rate_limited,
            trusted_proxies=self._settings.server.trusted_proxies,
            body_limit=self._settings.limits.max_body_bytes,
        )

    def _stream_session(self) -> StreamSession:
        return StreamSession(
            authenticate=self._container.use_cases.authenticate(),
            tickets=self._container.stream_tickets(),
            origin_allowed=lambda scope, origin: origin in self._cors_origins or is_own_origin(scope, origin),
        )

    def _websocket(self) -> AsgiApp:
        container, transport = self._container, self._settings.transport
        return WebSocketApp(
            sessions=self._stream_session(),
            stream_events=container.use_cases.stream_events(),
            use_cases=WebSocketUseCases(
                execute_playbook=container.use_cases.execute_playbook(),
                rerun_execution=container.use_cases.rerun_execution(),
                announce_started=container.use_cases.announce_started(),
            ),
            life=self._stream_life(),
            places=self._places,
            gauge=self._metrics,
            heartbeat=transport.heartbeat_interval_secs,
            buffer_bytes=transport.stream_buffer_bytes,
            message_bytes=self._settings.limits.max_body_bytes,
        )

    def _stream_life(self) -> StreamLife:
        container = self._container
        return StreamLife(
            session_ends=container.session_ends(),
            clock=container.clock(),
            wheel=container.timer_wheel(),
            on_drain=container.drain().on_begin,
            rotate_after=self._settings.transport.connection_timeout_secs,
        )

    def _proxy(self) -> AsgiApp:
        return ProxyApp(
            gate=self._gate,
            forward=self._container.use_cases.forward_request(),
            guard=self._container.use_cases.authorize_forwarded(),
            upstream=self._container.upstream(),
            trusted_proxies=self._settings.server.trusted_proxies,
            request_ids=self._ids,
            observe=self._metrics.proxied,
            body_limit=self._settings.limits.max_proxy_body_bytes,
        )


def _assets(page: GraphiQL) -> AsgiApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await page.asset(scope["path"].removeprefix(_ASSETS), scope, receive, send)

    return serve


def _paths(litestar: Litestar) -> dict[str, frozenset[str]]:
    return {route.path: frozenset(str(method) for method in route.methods) - {"OPTIONS"} for route in litestar.routes}


def _auth0_block(settings: Settings) -> dict[str, str | None]:
    auth0 = settings.auth0
    return {
        "domain": auth0.domain,
        "client_id": auth0.client_id,
        "redirect_uri": auth0.redirect_uri,
        "audience": auth0.audience,
    }


def _security_block(settings: Settings) -> dict[str, object]:
    return {
        "token_verification": settings.auth0.verify.value,
        "authorization": settings.proxy_policy.authz_mode,
        "proxy_policy": settings.proxy_policy.mode,
        "auth_bypass": settings.proxy_policy.auth_bypass,
    }
