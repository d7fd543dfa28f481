"""The gateway as a process."""

import logging
import os
import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from entrypoints.app import Gateway, create_app
from entrypoints.container import Container
from entrypoints.http.fast_lane.direct import DirectUpstream
from entrypoints.http.fast_lane.lane import FastLane
from entrypoints.http.fast_lane.protocol import FastLaneProtocol
from entrypoints.http.server.cores import worker_count
from entrypoints.http.server.endpoint import Endpoint, HttpProtocol
from entrypoints.http.server.limits import RequestLimits
from entrypoints.http.server.protocol import GatewayProtocol
from entrypoints.http.server.serving import GatewayServer
from entrypoints.http.server.worker_seat import WorkerSeat
from entrypoints.http.server.workers import Supervisor
from entrypoints.observability.logs import configure_logging
from entrypoints.settings import obsolete
from entrypoints.settings.loading import Settings
from entrypoints.settings.sources import environment

log = logging.getLogger(__name__)


def gateway_server(
    container: Container, sockets: Sequence[socket.socket] = (), internal_sockets: Sequence[socket.socket] = ()
) -> GatewayServer:
    """`sockets`, `internal_sockets`: bound ones to serve on instead of the addresses of the settings."""
    settings: Settings = container.settings()
    server = settings.server
    gateway = create_app(container)
    limits = RequestLimits(
        head_secs=settings.limits.request_receipt_secs,
        keep_alive_secs=server.keep_alive_secs,
        message_bytes=settings.limits.max_body_bytes,
        allowed_hosts=server.allowed_hosts,
    )
    internal = None
    if gateway.internal is not None and server.internal_port is not None:
        internal = Endpoint(
            app=gateway.internal,
            host=server.bind,
            port=server.internal_port,
            sockets=internal_sockets,
            limits=RequestLimits(keep_alive_secs=server.keep_alive_secs),
            websockets=False,
        )
    public = Endpoint(
        app=gateway.public,
        host=server.bind,
        port=server.port,
        sockets=sockets,
        limits=limits,
        websockets=settings.transport.ws_enabled,
        protocol=_protocol(settings, gateway),
    )
    return GatewayServer(public, drain=container.drain(), internal=internal, refused=container.metrics().refused)


def _protocol(settings: Settings, gateway: Gateway) -> HttpProtocol:
    upstream = gateway.proxy.upstream
    if not settings.server.fast_lane or not isinstance(upstream, DirectUpstream):
        return GatewayProtocol
    return partial(FastLaneProtocol, lane=FastLane(proxy=gateway.proxy, cors=gateway.public, upstream=upstream))


def serve(settings: Settings) -> int:
    """Runs until SIGTERM or SIGINT, in as many processes as the settings say; the exit code."""
    configure_logging(settings.server.log_level, settings.server.log_format)
    seat = WorkerSeat.take()
    if seat is not None:
        container = Container(settings=settings, seat=seat)
        return gateway_server(container, seat.sockets("public"), seat.sockets("internal")).run(seat)
    _warn(settings)
    workers = worker_count(settings.server.workers)
    if workers == 1:
        return gateway_server(Container(settings=settings)).run()
    return Supervisor(workers=workers, addresses=_addresses(settings), drain_secs=settings.server.drain_secs).run()


def _addresses(settings: Settings) -> dict[str, tuple[str, int]]:
    server = settings.server
    addresses = {"public": (server.bind, server.port)}
    if server.internal_port is not None:
        addresses["internal"] = (server.bind, server.internal_port)
    return addresses


def _warn(settings: Settings) -> None:
    for sentence in obsolete.warnings(settings, environment(os.environ, Path.cwd())):
        log.warning("%s", sentence)
    if settings.proxy_policy.auth_bypass:
        log.warning(
            "GATEWAY_AUTH_BYPASS is on: ANY token passes as the development user. Never do this in production."
        )
    if settings.auth0.verify.value != "enforce":
        log.warning("GATEWAY_AUTH0_VERIFY is %s: forged tokens are let pass", settings.auth0.verify.value)
    elif not settings.auth0.domain and not settings.auth0.allowed_domains:
        log.warning("no Auth0 domain is configured: nobody can log in. Set GATEWAY_AUTH0_DOMAIN.")
    elif not settings.auth0.client_id and not settings.auth0.audience:
        log.warning(
            "neither GATEWAY_AUTH0_CLIENT_ID nor GATEWAY_AUTH0_AUDIENCE is set: "
            "tokens for any application of the issuer are accepted"
        )
