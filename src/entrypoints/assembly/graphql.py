"""`/graphql` with all that it needs."""

from domain.identity import Session
from domain.identity_headers import identity_headers
from domain.proxying import Headers
from entrypoints.assembly.shared import Shared
from entrypoints.graphql.context import GraphQLUseCases
from entrypoints.graphql.engine import GraphQLEngine
from entrypoints.graphql.event_stream import GraphQLEventStreams
from entrypoints.graphql.graphiql import GraphiQL
from entrypoints.graphql.limits import GraphQLLimits
from entrypoints.graphql.operations import Operations
from entrypoints.graphql.schema import build_schema
from entrypoints.graphql.transport_ws.app import GraphQLSockets
from entrypoints.graphql.view import GraphQLView
from entrypoints.http.asgi import AsgiApp, Scope
from entrypoints.http.client_address import client_address
from entrypoints.http.graphql_route import GraphQLRoute


def graphql_route(shared: Shared, page: GraphiQL) -> AsgiApp:
    transport, limits = shared.settings.transport, shared.settings.limits
    engine = _engine(shared)
    streams = GraphQLEventStreams(
        engine=engine, life=shared.stream_life(), places=shared.places, gauge=shared.metrics
    )
    sockets = GraphQLSockets(
        engine=engine,
        sessions=shared.stream_session(),
        life=shared.stream_life(),
        places=shared.places,
        gauge=shared.metrics,
        message_bytes=limits.max_body_bytes,
    )
    return GraphQLRoute(
        gate=shared.gate,
        view=GraphQLView(
            engine,
            graphiql=page,
            streams=streams if transport.sse_enabled else None,
            body_limit=limits.max_body_bytes,
        ),
        wants_page=page.is_wanted,
        page=page.page,
        sockets=sockets if transport.ws_enabled else None,
    )


def _engine(shared: Shared) -> GraphQLEngine:
    use_cases, limits = shared.container.use_cases, shared.settings.limits
    graphql_limits = GraphQLLimits(
        depth=limits.graphql_depth,
        aliases=limits.graphql_aliases,
        batch=limits.graphql_batch,
        introspection=limits.graphql_introspection,
    )
    return GraphQLEngine(
        operations=Operations(build_schema(), graphql_limits),
        use_cases=GraphQLUseCases(
            execute_playbook=use_cases.execute_playbook(),
            rerun_execution=use_cases.rerun_execution(),
            call_api=use_cases.call_api(),
            announce_started=use_cases.announce_started(),
            stream_events=use_cases.stream_events(),
            follow_execution=use_cases.follow_execution(),
            upstream_headers=lambda session, scope: _upstream_headers(shared, session, scope),
        ),
        limits=graphql_limits,
        buffer_bytes=shared.settings.transport.stream_buffer_bytes,
    )


def _upstream_headers(shared: Shared, session: Session, scope: Scope) -> Headers:
    address = client_address(scope, shared.settings.server.trusted_proxies)
    return (
        *identity_headers(session),
        (b"x-request-id", shared.request_ids.next()),
        (b"x-forwarded-for", address.encode()),
    )
