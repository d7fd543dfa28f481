"""What an operator can choose about NATS."""

from dataclasses import dataclass, field
from enum import Enum


class Storage(Enum):
    FILE = "file"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsOptions:
    """How NATS is reached. All times in seconds.

    `url`: one server or several with commas between, each `nats://` or `tls://` (TLS or nothing), with
    percent-encoded `user:password@` or `token@` where needed; what later ones leave out is as in the first.
    `username` and `password` override the URL's. TLS is demanded, too, where a file for it is named, and with
    `tls_handshake_first`: then TLS comes before the first word, which the servers must be set to as well. The files
    are read for each connection anew.
    """

    url: str = field(default="nats://127.0.0.1:4222", repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    credentials_file: str | None = None
    tls_ca_file: str | None = None
    tls_certificate_file: str | None = None
    tls_key_file: str | None = None
    tls_handshake_first: bool = False
    name: str = "noetl-gateway"
    connect_timeout: float = 2.0
    request_timeout: float = 2.0
    """The longest wait for one answer."""
    ping_interval: float = 1.5
    ping_timeout: float = 1.0
    """A connection that leaves two such waits without a pong is given up: half-open ones show in seconds."""
    longest_backoff: float = 2.0
    opening_patience: float = 5.0
    """How long opening waits for a server that does answer; one that cannot be reached is not waited for."""
    closing_patience: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsStorage:
    """Names, lifetimes (seconds) and bounds of what the gateway keeps in JetStream.

    Buckets of these names that exist already are used as they are found; the streams are the gateway's own and
    are kept in line with this.
    """

    session_bucket: str = "sessions"
    session_ttl: float = 300.0
    request_bucket: str = "requests"
    request_ttl: float = 1800.0
    client_bucket: str = "gateway_clients"
    client_ttl: float = 86_400.0
    revocation_bucket: str = "gateway_revocations"
    revocation_ttl: float = 7 * 86_400.0
    ticket_bucket: str = "gateway_tickets"
    ticket_ttl: float = 60.0
    result_bucket: str = "gateway_results"
    client_stream: str = "GATEWAY_CLIENTS"
    duplicate_window: float = 600.0
    frames_per_client: int = 1000
    stream_bytes: int = 512 * 1024 * 1024
    result_bytes: int = 512 * 1024 * 1024
    replicas: int = 1
    storage: Storage = Storage.FILE
