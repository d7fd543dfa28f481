"""NoETL and NATS."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from entrypoints.settings.kinds import (
    BaseUrl,
    BucketName,
    OptionalSecret,
    OptionalText,
    Seconds,
    Section,
    SubjectPrefix,
)
from entrypoints.settings.variables import variables


class Shard(Section):
    shard_index: int
    base_url: BaseUrl


class Noetl(Section):
    base_url: Annotated[BaseUrl, variables("NoETL server", "NOETL_BASE_URL")] = "http://localhost:8082"
    timeout_secs: Annotated[
        Seconds,
        variables("Deadline of an API call, and longest silence of a proxied answer", "NOETL_TIMEOUT_SECS"),
    ] = 120
    max_connections: Annotated[
        int,
        Field(ge=1, le=65536),
        variables("Connections to one NoETL server at a time", "GATEWAY_UPSTREAM_CONNECTIONS"),
    ] = 256
    shards: Annotated[tuple[Shard, ...], variables("NoETL servers by shard, in the file only")] = ()

    @field_validator("shards")
    @classmethod
    def _complete(cls, value: tuple[Shard, ...]) -> tuple[Shard, ...]:
        if sorted(shard.shard_index for shard in value) != list(range(len(value))):
            raise ValueError(f"must name each shard_index from 0 to {len(value) - 1} exactly once")
        return value


class Nats(Section):
    url: Annotated[
        SecretStr,
        variables("Servers, comma-separated; nats:// or tls://, credentials allowed", "NATS_URL"),
    ] = SecretStr("nats://127.0.0.1:4222")
    username: Annotated[OptionalText, variables("User name; beats the one in the URL", "NATS_USERNAME")] = None
    password: Annotated[OptionalSecret, variables("Password; beats the one in the URL", "NATS_PASSWORD")] = None
    credentials_file: Annotated[OptionalText, variables("Path of a .creds file", "NATS_CREDENTIALS_FILE")] = None
    ca_file: Annotated[OptionalText, variables("Authorities that NATS is checked against", "NATS_CA_FILE")] = None
    certificate_file: Annotated[OptionalText, variables("Client certificate for NATS", "NATS_CERTIFICATE_FILE")] = (
        None
    )
    key_file: Annotated[OptionalText, variables("Key of the client certificate", "NATS_KEY_FILE")] = None
    tls_handshake_first: Annotated[
        bool,
        variables("TLS before the first word, for servers with `handshake_first`", "NATS_TLS_HANDSHAKE_FIRST"),
    ] = False
    updates_subject_prefix: Annotated[
        SubjectPrefix, variables("Subjects of lifecycle events begin with this", "NATS_UPDATES_SUBJECT_PREFIX")
    ] = "noetl.events."
    callback_subject_prefix: Annotated[
        SubjectPrefix,
        variables(
            "Subjects of auth callbacks begin with this",
            "NATS_CALLBACK_SUBJECT_PREFIX",
            "NOETL_KV_CALLBACK_ID_PREFIX",
        ),
    ] = "noetl.callbacks"
    session_bucket: Annotated[
        BucketName, variables("Bucket of the session cache", "NATS_SESSION_BUCKET", "NOETL_KV_SESSION_BUCKET")
    ] = "sessions"
    session_cache_ttl_secs: Annotated[
        Seconds,
        variables("Age of cached sessions", "NATS_SESSION_CACHE_TTL_SECS", "NOETL_KV_SESSION_TTL_SECS"),
    ] = 300
    request_bucket: Annotated[
        BucketName, variables("Bucket of pending requests", "NATS_REQUEST_BUCKET", "NOETL_KV_REQUEST_BUCKET")
    ] = "requests"
    request_ttl_secs: Annotated[
        Seconds,
        variables(
            "How long requests and undelivered results are kept",
            "NATS_REQUEST_TTL_SECS",
            "NOETL_KV_REQUEST_TTL_SECS",
        ),
    ] = 1800
    replicas: Annotated[
        int,
        Field(ge=1, le=5),
        variables("Copies of the streams and buckets that the gateway creates", "GATEWAY_NATS_REPLICAS"),
    ] = 1
    storage: Annotated[
        Literal["file", "memory"], variables("Storage of what the gateway creates", "GATEWAY_NATS_STORAGE")
    ] = "file"

    @field_validator("key_file")
    @classmethod
    def _of_a_certificate(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("certificate_file", "") is None:
            raise ValueError("needs a certificate_file")
        return value

    @field_validator("updates_subject_prefix")
    @classmethod
    def _ends_with_a_dot(cls, value: str) -> str:
        """`playbooks.executions.` was a default that matches nothing that is ever published (wire 5)."""
        dotted = value if value.endswith(".") else f"{value}."
        return "noetl.events." if dotted == "playbooks.executions." else dotted

    @field_validator("callback_subject_prefix")
    @classmethod
    def _without_dot(cls, value: str) -> str:
        return value.removesuffix(".")
