"""What several of the applications share, built once."""

import secrets

from entrypoints.container import Container, dependencies
from entrypoints.http.events.places import StreamLimits, StreamPlaces
from entrypoints.http.gate import SessionGate, is_own_origin
from entrypoints.http.proxy.app import RequestIds
from entrypoints.http.rate_limit import RateLimit
from entrypoints.http.stream_life import StreamLife
from entrypoints.http.stream_session import StreamSession
from entrypoints.settings.loading import Settings


class Shared:
    def __init__(self, container: Container) -> None:
        self.container = container
        self.settings: Settings = container.settings()
        self.metrics = container.metrics()
        self.metrics.watch(dependencies(container))
        self.request_ids = RequestIds(secrets.token_hex(6))
        self.places = _places(self.settings)
        self.rate_limit = RateLimit(self.settings.limits.rate_limit_auth, container.clock().monotonic)
        self.cors_origins = frozenset(origin.encode() for origin in self.settings.cors.allowed_origins)
        self.gate = SessionGate(
            authenticate=container.use_cases.authenticate(),
            origin_allowed=self.cors_origins.__contains__,
            count=self.metrics.session_check,
            bypass=self.settings.proxy_policy.auth_bypass,
        )

    def stream_session(self) -> StreamSession:
        return StreamSession(
            authenticate=self.container.use_cases.authenticate(),
            tickets=self.container.stream_tickets(),
            origin_allowed=lambda scope, origin: origin in self.cors_origins or is_own_origin(scope, origin),
        )

    def stream_life(self) -> StreamLife:
        container = self.container
        return StreamLife(
            session_ends=container.session_ends(),
            clock=container.clock(),
            wheel=container.timer_wheel(),
            on_drain=container.drain().on_begin,
            rotate_after=self.settings.transport.connection_timeout_secs,
        )


def _places(settings: Settings) -> StreamPlaces:
    transport = settings.transport
    return StreamPlaces(
        StreamLimits(
            per_process=transport.max_streams,
            per_user=transport.streams_per_user,
            per_session=transport.streams_per_session,
        )
    )
