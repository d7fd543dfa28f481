"""Servers that speak TLS, and how they are connected to."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from tests.integration.nats.authorities import Authority, Identity
from tests.integration.nats.servers import NatsServer

from adapters.nats.connection import NatsConnection
from adapters.nats.options import NatsOptions

StartTlsServer: TypeAlias = Callable[..., Awaitable[NatsServer]]
"""Starts a server for 127.0.0.1 with further lines in its `tls` block; `users=` is the block of its users."""


def configured(directory: Path, own: Identity, *lines: str, users: str = "") -> Path:
    block = (f"cert_file: '{own.certificate}'", f"key_file: '{own.key}'", *lines)
    file = directory / "nats.conf"
    file.write_text("tls {\n" + "\n".join(block) + "\n}\n" + users)
    return file


def wants_certificates_of(authority: Authority) -> tuple[str, str]:
    return f"ca_file: '{authority.file}'", "verify: true"


def options(
    server: NatsServer,
    authority: Authority,
    identity: Identity | None = None,
    *,
    scheme: str = "tls",
    host: str = "127.0.0.1",
    handshake_first: bool = False,
    user: str | None = None,
    password: str | None = None,
) -> NatsOptions:
    """Impatient. `authority` is who is trusted, `identity` what is shown."""
    return NatsOptions(
        url=f"{scheme}://{host}:{server.port}",
        username=user,
        password=password,
        tls_ca_file=str(authority.file),
        tls_certificate_file=str(identity.certificate) if identity else None,
        tls_key_file=str(identity.key) if identity else None,
        tls_handshake_first=handshake_first,
        connect_timeout=0.5,
        closing_patience=0.2,
        longest_backoff=0.1,
        ping_interval=0.3,
        ping_timeout=0.3,
    )


async def trouble(chosen: NatsOptions) -> str:
    """What is wrong once a connection has been tried."""
    async with NatsConnection(chosen) as connection:
        return str(connection.trouble())
