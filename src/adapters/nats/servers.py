"""NATS server addresses in all the forms that operators write."""

from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, unquote, urlsplit

_DEFAULT_PORT = 4222


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """Shows itself as `host:port` only."""

    host: str
    port: int = _DEFAULT_PORT
    tls: bool = False
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Without credentials."""
        return f"{'tls' if self.tls else 'nats'}://{self}"

    @property
    def has_credentials(self) -> bool:
        return self.user is not None or self.token is not None

    def at(self, host: str, port: int | None) -> "ServerAddress":
        """Another server of the same cluster."""
        return replace(self, host=host, port=port or _DEFAULT_PORT)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_servers(url: str, username: str | None, password: str | None) -> tuple[ServerAddress, ...]:
    """Raises ValueError, without quoting the text, for what is no NATS URL."""
    servers: list[ServerAddress] = []
    for text in filter(None, (part.strip() for part in url.split(","))):
        server = _parse(text, servers[0] if servers else None)
        if username is not None:
            server = replace(server, user=username, password=password or "", token=None)
        servers.append(server)
    if not servers:
        raise ValueError("the NATS URL names no server")
    return tuple(servers)


def _parse(text: str, first: ServerAddress | None) -> ServerAddress:
    has_scheme = "://" in text
    try:
        parts = urlsplit(text if has_scheme else f"nats://{text}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("the NATS URL is malformed") from error
    if parts.scheme not in ("nats", "tls"):
        raise ValueError("a NATS URL starts with nats:// or tls://")
    if not host or parts.path.strip("/") or parts.query:
        raise ValueError("the NATS URL is malformed")
    tls = parts.scheme == "tls" if has_scheme else (first is not None and first.tls)
    server = _with_credentials(ServerAddress(host=host, port=port or _DEFAULT_PORT, tls=tls), parts)
    if first is not None and not server.has_credentials:
        server = replace(server, user=first.user, password=first.password, token=first.token)
    return server


def _with_credentials(server: ServerAddress, parts: SplitResult) -> ServerAddress:
    if parts.username is None:
        return server
    name = unquote(parts.username)
    if parts.password is None:
        return replace(server, token=name)
    return replace(server, user=name, password=unquote(parts.password))
