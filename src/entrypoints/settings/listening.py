"""How the gateway listens and streams."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from entrypoints.settings.kinds import (
    Networks,
    OptionalBaseUrl,
    OptionalPort,
    OptionalSecret,
    Port,
    Seconds,
    Section,
    Texts,
)
from entrypoints.settings.rust_log import LEVELS
from entrypoints.settings.variables import variables


class Server(Section):
    port: Annotated[Port, variables("Port of the public listener", "ROUTER_PORT", "GATEWAY_PORT")] = 8090
    bind: Annotated[str, variables("Address of the listeners", "GATEWAY_BIND")] = "0.0.0.0"  # noqa: S104
    public_url: Annotated[
        OptionalBaseUrl, variables("Where workers and playbooks reach this gateway", "GATEWAY_PUBLIC_URL")
    ] = None
    internal_port: Annotated[
        OptionalPort,
        variables("Moves /api/internal/* and /metrics to a port of their own", "GATEWAY_INTERNAL_PORT"),
    ] = None
    internal_token: Annotated[
        OptionalSecret, variables("Bearer token that /api/internal/* need", "GATEWAY_INTERNAL_TOKEN")
    ] = None
    workers: Annotated[int | Literal["auto"], variables("Processes; `auto` is one per core", "GATEWAY_WORKERS")] = 1
    drain_secs: Annotated[
        float,
        Field(ge=0, le=3600),
        variables("Seconds that a terminating process lets streams and requests end", "GATEWAY_DRAIN_SECS"),
    ] = 25
    keep_alive_secs: Annotated[
        float,
        Field(ge=1, le=3600),
        variables(
            "Seconds that an idle connection is kept; more than the proxy in front keeps it",
            "GATEWAY_KEEP_ALIVE_SECS",
        ),
    ] = 75
    trusted_proxies: Annotated[
        Networks,
        variables("Networks whose X-Forwarded-For is believed", "GATEWAY_TRUSTED_PROXIES"),
    ] = ()
    allowed_hosts: Annotated[
        Texts, variables("Host names that are served; empty for any", "GATEWAY_ALLOWED_HOSTS")
    ] = ()
    fast_lane: Annotated[bool, variables("Serve warm proxied requests below ASGI", "GATEWAY_FAST_LANE")] = True
    environment: Annotated[str, variables("`development` permits what must not reach production", "GATEWAY_ENV")] = (
        "production"
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        variables("Least severity that is logged", "GATEWAY_LOG_LEVEL", "RUST_LOG"),
    ] = "info"
    log_format: Annotated[Literal["json", "text"], variables("How log lines are written", "GATEWAY_LOG_FORMAT")] = (
        "json"
    )
    ui: Annotated[bool, variables("Serve the login and dashboard pages under /ui/", "GATEWAY_UI")] = False

    @field_validator("log_level", mode="before")
    @classmethod
    def _by_any_name(cls, value: object) -> object:
        return LEVELS.get(value.strip().lower(), value) if isinstance(value, str) else value

    @field_validator("workers")
    @classmethod
    def _at_least_one(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 1 <= value <= 256:
            raise ValueError("must be between 1 and 256, or auto")
        return value


class Transport(Section):
    sse_enabled: Annotated[bool, variables("Serve /events", "GATEWAY_SSE_ENABLED")] = True
    ws_enabled: Annotated[bool, variables("Serve /ws", "GATEWAY_WS_ENABLED")] = True
    heartbeat_interval_secs: Annotated[
        Seconds, variables("Seconds between ping frames of a stream", "GATEWAY_HEARTBEAT_INTERVAL_SECS")
    ] = 30
    connection_timeout_secs: Annotated[
        float,
        Field(ge=0),
        variables("Age at which a stream is rotated; 0 for never", "GATEWAY_CONNECTION_TIMEOUT_SECS"),
    ] = 0
    streams_per_session: Annotated[
        int, Field(ge=1), variables("Open streams of one session", "GATEWAY_STREAMS_PER_SESSION")
    ] = 20
    streams_per_user: Annotated[
        int, Field(ge=1), variables("Open streams of one user", "GATEWAY_STREAMS_PER_USER")
    ] = 100
    max_streams: Annotated[int, Field(ge=1), variables("Open streams of one process", "GATEWAY_MAX_STREAMS")] = 20000
    stream_buffer_bytes: Annotated[
        int,
        Field(ge=16384),
        variables("Unsent bytes at which a slow stream is closed, resumable", "GATEWAY_STREAM_BUFFER_BYTES"),
    ] = 4_194_304


class Cors(Section):
    allowed_origins: Annotated[Texts, variables("Origins of browser pages, exact", "CORS_ALLOWED_ORIGINS")] = (
        "http://localhost:8080",
        "http://localhost:8090",
        "http://localhost:3000",
    )
    allow_credentials: Annotated[bool, variables("Allow credentialed requests", "CORS_ALLOW_CREDENTIALS")] = True
