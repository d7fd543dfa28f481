"""The routes that Litestar serves."""

from litestar.handlers import HTTPRouteHandler

from entrypoints.assembly.shared import Shared
from entrypoints.container import dependencies
from entrypoints.http.routes.auth import AuthUseCases, auth_routes
from entrypoints.http.routes.callbacks import CallbackUseCases, callback_routes
from entrypoints.http.routes.contract import contract_routes
from entrypoints.http.routes.health import health_routes
from entrypoints.http.routes.schema import schema_routes
from entrypoints.http.routes.sharding import sharding_routes
from entrypoints.http.routes.tickets import ticket_routes
from entrypoints.settings.loading import Settings


def public_routes(shared: Shared) -> list[HTTPRouteHandler]:
    container, settings = shared.container, shared.settings
    auth = AuthUseCases(
        log_in=container.use_cases.log_in(),
        log_out=container.use_cases.log_out(),
        authenticate=container.use_cases.authenticate(),
        check_access=container.use_cases.check_access(),
    )
    networks = settings.server.trusted_proxies
    return [
        *health(shared)[:2],
        *auth_routes(
            auth,
            shared.rate_limit,
            networks,
            settings.limits.max_body_bytes,
            shared.gate.refuse_foreign_wishes,
        ),
        *contract_routes(_auth0_block(settings), _security_block(settings)),
        *sharding_routes(),
        *schema_routes(),
        *ticket_routes(shared.gate, container.stream_tickets()),
    ]


def health(shared: Shared) -> list[HTTPRouteHandler]:
    drain = shared.container.drain()
    return health_routes(
        dependencies(shared.container), lambda: drain.is_draining, shared.container.worker_metrics().collect
    )


def internal_routes(shared: Shared) -> list[HTTPRouteHandler]:
    container, server = shared.container, shared.settings.server
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
            shared.settings.limits.max_result_bytes,
            server.trusted_proxies,
            shared.metrics.callback_unreadable,
        ),
        *health(shared)[2:],
    ]


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
