"""Every variable of both generations of the original under its old name (wire 10)."""

from typing import Any

import pytest
from pydantic import SecretStr
from tests.unit.settings.conftest import Load

from entrypoints.settings.loading import Settings, fields

OLD = [
    ("ROUTER_PORT", "server.port", "7000", 7000),
    ("GATEWAY_PORT", "server.port", "7000", 7000),
    ("GATEWAY_BIND", "server.bind", "127.0.0.1", "127.0.0.1"),
    ("GATEWAY_PUBLIC_URL", "server.public_url", "https://gw.example.test", "https://gw.example.test"),
    ("NOETL_BASE_URL", "noetl.base_url", "http://noetl:8082/", "http://noetl:8082"),
    ("NOETL_TIMEOUT_SECS", "noetl.timeout_secs", "60", 60),
    ("NATS_URL", "nats.url", "nats://u:p@nats:4222", "nats://u:p@nats:4222"),
    ("NATS_USERNAME", "nats.username", "noetl", "noetl"),
    ("NATS_PASSWORD", "nats.password", "pa ss", "pa ss"),
    ("NATS_UPDATES_SUBJECT_PREFIX", "nats.updates_subject_prefix", "acme.events.", "acme.events."),
    ("NATS_CALLBACK_SUBJECT_PREFIX", "nats.callback_subject_prefix", "acme.callbacks", "acme.callbacks"),
    ("NATS_SESSION_BUCKET", "nats.session_bucket", "acme_sessions", "acme_sessions"),
    ("NATS_SESSION_CACHE_TTL_SECS", "nats.session_cache_ttl_secs", "60", 60),
    ("NATS_REQUEST_BUCKET", "nats.request_bucket", "acme_requests", "acme_requests"),
    ("NATS_REQUEST_TTL_SECS", "nats.request_ttl_secs", "600", 600),
    ("GATEWAY_SSE_ENABLED", "transport.sse_enabled", "false", False),
    ("GATEWAY_WS_ENABLED", "transport.ws_enabled", "false", False),
    ("GATEWAY_HEARTBEAT_INTERVAL_SECS", "transport.heartbeat_interval_secs", "10", 10),
    ("GATEWAY_CONNECTION_TIMEOUT_SECS", "transport.connection_timeout_secs", "300", 300),
    ("CORS_ALLOWED_ORIGINS", "cors.allowed_origins", "https://a.example.test", ("https://a.example.test",)),
    ("CORS_ALLOW_CREDENTIALS", "cors.allow_credentials", "false", False),
    ("AUTH_PLAYBOOK_LOGIN", "auth_playbooks.login", "acme/login", "acme/login"),
    ("AUTH_PLAYBOOK_VALIDATE_SESSION", "auth_playbooks.validate_session", "acme/validate", "acme/validate"),
    ("AUTH_PLAYBOOK_CHECK_ACCESS", "auth_playbooks.check_access", "acme/check", "acme/check"),
    ("AUTH_SESSION_DB_CREDENTIAL", "auth_playbooks.session_db_credential", "pg_acme", "pg_acme"),
    ("AUTH_PLAYBOOK_TIMEOUT_SECS", "auth_playbooks.timeout_secs", "40", 40),
    ("GATEWAY_AUTH0_DOMAIN", "auth0.domain", "acme.us.auth0.com", "acme.us.auth0.com"),
    ("GATEWAY_AUTH0_CLIENT_ID", "auth0.client_id", "abc", "abc"),
    ("GATEWAY_AUTH0_REDIRECT_URI", "auth0.redirect_uri", "https://a.example.test/cb", "https://a.example.test/cb"),
    ("GATEWAY_AUTH0_AUDIENCE", "auth0.audience", "https://api.example.test", "https://api.example.test"),
    ("NOETL_INTERNAL_API_TOKEN", "internal_api_token", "t0ken", "t0ken"),
    ("NOETL_AUTH_SYNC", "auth_playbooks.auth_sync", "true", True),
    ("NOETL_AUTHZ_SYNC", "auth_playbooks.authz_sync", "1", True),
    ("GATEWAY_SESSION_VALIDATE_VIA_PLAYBOOK", "auth_playbooks.validate_via_playbook", "0", False),
    ("NOETL_KV_CALLBACK_ID_PREFIX", "nats.callback_subject_prefix", "acme.callbacks", "acme.callbacks"),
    ("NOETL_KV_SESSION_BUCKET", "nats.session_bucket", "acme_sessions", "acme_sessions"),
    ("NOETL_KV_SESSION_TTL_SECS", "nats.session_cache_ttl_secs", "60", 60),
    ("NOETL_KV_REQUEST_BUCKET", "nats.request_bucket", "acme_requests", "acme_requests"),
    ("NOETL_KV_REQUEST_TTL_SECS", "nats.request_ttl_secs", "600", 600),
]
NEW = [
    ("GATEWAY_AUTH0_ALLOWED_DOMAINS", "auth0.allowed_domains", "a.example.test", ("a.example.test",)),
    ("GATEWAY_AUTHZ_MODE", "proxy_policy.authz_mode", "client", "client"),
    ("GATEWAY_PROXY_POLICY", "proxy_policy.mode", "open", "open"),
    ("GATEWAY_INTERNAL_PORT", "server.internal_port", "9000", 9000),
    ("GATEWAY_INTERNAL_TOKEN", "server.internal_token", "t0ken", "t0ken"),
    ("GATEWAY_RATE_LIMIT_AUTH", "limits.rate_limit_auth", "0", 0),
    ("GATEWAY_WORKERS", "server.workers", "auto", "auto"),
    ("NATS_TLS_HANDSHAKE_FIRST", "nats.tls_handshake_first", "true", True),
    ("GATEWAY_NATS_REPLICAS", "nats.replicas", "3", 3),
    ("GATEWAY_FAST_LANE", "server.fast_lane", "false", False),
    ("GATEWAY_PUBSUB_JWKS_URL", "limits.pubsub_jwks_url", "https://keys.example.test", "https://keys.example.test"),
    ("GATEWAY_INGRESS_REPLAY_WINDOW_SECS", "limits.ingress_replay_window_secs", "60", 60),
    ("GATEWAY_DRAIN_SECS", "server.drain_secs", "5", 5),
    ("GATEWAY_KEEP_ALIVE_SECS", "server.keep_alive_secs", "620", 620),
    ("GATEWAY_MAX_RESULT_BYTES", "limits.max_result_bytes", "4096", 4096),
    ("GATEWAY_ENV", "server.environment", "development", "development"),
]
OLD_FILE = """
internal_api_token = "t0ken"
[server]
port = 8090
bind = "0.0.0.0"
public_url = "https://gw.example.test"
[noetl]
base_url = "http://noetl:8082"
timeout_secs = 120
shards = [{ shard_index = 0, base_url = "http://noetl:8082" }]
[nats]
url = "nats://u:p@nats:4222"
username = "u"
password = "p"
updates_subject_prefix = "noetl.events."
callback_subject_prefix = "noetl.callbacks"
session_bucket = "sessions"
session_cache_ttl_secs = 300
request_bucket = "requests"
request_ttl_secs = 1800
[transport]
sse_enabled = true
ws_enabled = false
heartbeat_interval_secs = 30
connection_timeout_secs = 300
[cors]
allowed_origins = ["http://localhost:8080"]
allow_credentials = true
[auth_playbooks]
login = "api_integration/auth0/auth0_login"
validate_session = "api_integration/auth0/auth0_validate_session"
check_access = "api_integration/auth0/check_playbook_access"
session_db_credential = "pg_auth"
timeout_secs = 12
[auth0]
domain = "acme.us.auth0.com"
client_id = "abc"
redirect_uri = "https://a.example.test"
audience = "https://api.example.test"
"""


def value_of(settings: Settings, where: str) -> Any:
    found: Any = settings
    for part in where.split("."):
        found = getattr(found, part)
    return found.get_secret_value() if isinstance(found, SecretStr) else found


@pytest.mark.parametrize(("name", "where", "text", "value"), OLD + NEW, ids=lambda each: str(each))
def test_a_variable_sets_what_it_has_always_set(
    loaded: Load, name: str, where: str, text: str, value: object
) -> None:
    assert value_of(loaded(), where) != value
    assert value_of(loaded({name: text}), where) == value


def test_the_bypass_has_its_old_name_where_it_is_allowed(loaded: Load) -> None:
    variables = {"GATEWAY_AUTH_BYPASS": "1", "GATEWAY_BIND": "127.0.0.1"}
    assert loaded(variables).proxy_policy.auth_bypass


def test_the_verification_mode_is_one_of_three_words(loaded: Load) -> None:
    assert loaded({"GATEWAY_AUTH0_VERIFY": "shadow"}).auth0.verify.value == "shadow"


def test_a_settings_file_of_the_original_is_understood_as_it_is(loaded: Load) -> None:
    settings = loaded(file=OLD_FILE)
    assert settings.auth0.domain == "acme.us.auth0.com"
    assert settings.noetl.shards[0].base_url == "http://noetl:8082"


def test_no_variable_belongs_to_two_settings() -> None:
    names = [name for _, _, _, known in fields() for name in known.names]
    assert len(names) == len(set(names))


def test_every_setting_says_what_it_means() -> None:
    assert all(known.meaning and "\n" not in known.meaning for _, _, _, known in fields())


@pytest.mark.parametrize("given", ["playbooks.executions.", "playbooks.executions"])
def test_the_subjects_that_nothing_is_published_under_become_the_real_ones(loaded: Load, given: str) -> None:
    assert loaded({"NATS_UPDATES_SUBJECT_PREFIX": given}).nats.updates_subject_prefix == "noetl.events."


def test_dots_at_the_end_of_subject_prefixes_are_put_right(loaded: Load) -> None:
    variables = {"NATS_UPDATES_SUBJECT_PREFIX": "a.b", "NATS_CALLBACK_SUBJECT_PREFIX": "c.d."}
    nats = loaded(variables).nats
    assert (nats.updates_subject_prefix, nats.callback_subject_prefix) == ("a.b.", "c.d")


def test_a_blank_auth0_value_is_none(loaded: Load) -> None:
    assert loaded(file="[auth0]\ndomain = ' '\n").auth0.domain is None
