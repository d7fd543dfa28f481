"""Line 16: file formats, precedence, legacy variable names of both generations (wire 10)."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from entrypoints.settings.loading import Settings, load
from entrypoints.settings.problems import SettingsInvalid

pytestmark = pytest.mark.integration

TOML = (
    '[server]\nport = 9001\n[noetl]\nbase_url = "http://noetl.example:1/"\n[cors]\nallowed_origins = ["http://a"]\n'
)
YAML = (
    'server:\n  port: 9001\nnoetl:\n  base_url: "http://noetl.example:1/"\ncors:\n  allowed_origins: ["http://a"]\n'
)
JSON = json.dumps(
    {
        "server": {"port": 9001},
        "noetl": {"base_url": "http://noetl.example:1/"},
        "cors": {"allowed_origins": ["http://a"]},
    }
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gateway.toml", TOML),
        ("gateway.json", JSON),
        ("gateway.yaml", YAML),
        ("gateway.yml", YAML),
        ("gateway", JSON),
        ("gateway.conf", YAML),
        ("gateway.cfg", TOML),
    ],
)
def test_line_16_the_file_may_be_of_any_format(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    settings = load({"GATEWAY_CONFIG": str(tmp_path / name)}, tmp_path)
    assert settings.server.port == 9001
    assert settings.noetl.base_url == "http://noetl.example:1"
    assert settings.cors.allowed_origins == ("http://a",)


@pytest.mark.parametrize("content", [None, "{", "[server\n"])
def test_line_16_a_file_that_cannot_be_read_ends_the_start(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "gateway.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsInvalid):
        load({"GATEWAY_CONFIG": str(path)}, tmp_path)


def test_line_16_environment_beats_dotenv_beats_file_beats_default(tmp_path: Path) -> None:
    (tmp_path / "g.toml").write_text('[server]\nport = 1\npublic_url = "http://f"\n[nats]\nrequest_ttl_secs = 7\n')
    (tmp_path / ".env").write_text(f"GATEWAY_CONFIG={tmp_path}/g.toml\nROUTER_PORT=2\nGATEWAY_PUBLIC_URL=http://d\n")
    settings = load({"ROUTER_PORT": "3"}, tmp_path)
    assert settings.server.port == 3
    assert settings.server.public_url == "http://d"
    assert settings.nats.request_ttl_secs == 7
    assert settings.nats.session_cache_ttl_secs == 300


VARIABLES: dict[str, tuple[str, object, Callable[[Settings], object]]] = {
    "ROUTER_PORT": ("9999", 9999, lambda s: s.server.port),
    "GATEWAY_PORT": ("9999", 9999, lambda s: s.server.port),
    "GATEWAY_BIND": ("127.0.0.1", "127.0.0.1", lambda s: s.server.bind),
    "GATEWAY_PUBLIC_URL": ("https://gw.example/", "https://gw.example", lambda s: s.gateway_url),
    "NOETL_BASE_URL": ("http://n:1/", "http://n:1", lambda s: s.noetl.base_url),
    "NOETL_TIMEOUT_SECS": ("60", 60, lambda s: s.noetl.timeout_secs),
    "NATS_URL": ("nats://u:p@h:1", "nats://u:p@h:1", lambda s: s.nats.url.get_secret_value()),
    "NATS_USERNAME": ("u", "u", lambda s: s.nats.username),
    "NATS_PASSWORD": ("p", "p", lambda s: s.nats.password and s.nats.password.get_secret_value()),
    "NATS_UPDATES_SUBJECT_PREFIX": ("a.b.", "a.b.", lambda s: s.nats.updates_subject_prefix),
    "NATS_CALLBACK_SUBJECT_PREFIX": ("a.b", "a.b", lambda s: s.nats.callback_subject_prefix),
    "NATS_SESSION_BUCKET": ("b", "b", lambda s: s.nats.session_bucket),
    "NATS_SESSION_CACHE_TTL_SECS": ("5", 5, lambda s: s.nats.session_cache_ttl_secs),
    "NATS_REQUEST_BUCKET": ("b", "b", lambda s: s.nats.request_bucket),
    "NATS_REQUEST_TTL_SECS": ("5", 5, lambda s: s.nats.request_ttl_secs),
    "NOETL_KV_CALLBACK_ID_PREFIX": ("a.b", "a.b", lambda s: s.nats.callback_subject_prefix),
    "NOETL_KV_SESSION_BUCKET": ("b", "b", lambda s: s.nats.session_bucket),
    "NOETL_KV_SESSION_TTL_SECS": ("5", 5, lambda s: s.nats.session_cache_ttl_secs),
    "NOETL_KV_REQUEST_BUCKET": ("b", "b", lambda s: s.nats.request_bucket),
    "NOETL_KV_REQUEST_TTL_SECS": ("5", 5, lambda s: s.nats.request_ttl_secs),
    "GATEWAY_SSE_ENABLED": ("false", False, lambda s: s.transport.sse_enabled),
    "GATEWAY_WS_ENABLED": ("TRUE", True, lambda s: s.transport.ws_enabled),
    "GATEWAY_HEARTBEAT_INTERVAL_SECS": ("5", 5, lambda s: s.transport.heartbeat_interval_secs),
    "GATEWAY_CONNECTION_TIMEOUT_SECS": ("5", 5, lambda s: s.transport.connection_timeout_secs),
    "CORS_ALLOWED_ORIGINS": ("http://a, http://b", ("http://a", "http://b"), lambda s: s.cors.allowed_origins),
    "CORS_ALLOW_CREDENTIALS": ("false", False, lambda s: s.cors.allow_credentials),
    "AUTH_PLAYBOOK_LOGIN": ("p", "p", lambda s: s.auth_playbooks.login),
    "AUTH_PLAYBOOK_VALIDATE_SESSION": ("p", "p", lambda s: s.auth_playbooks.validate_session),
    "AUTH_PLAYBOOK_CHECK_ACCESS": ("p", "p", lambda s: s.auth_playbooks.check_access),
    "AUTH_SESSION_DB_CREDENTIAL": ("c", "c", lambda s: s.auth_playbooks.session_db_credential),
    "AUTH_PLAYBOOK_TIMEOUT_SECS": ("5", 5, lambda s: s.auth_playbooks.timeout_secs),
    "GATEWAY_AUTH0_DOMAIN": ("d", "d", lambda s: s.auth0.domain),
    "GATEWAY_AUTH0_CLIENT_ID": ("c", "c", lambda s: s.auth0.client_id),
    "GATEWAY_AUTH0_REDIRECT_URI": ("r", "r", lambda s: s.auth0.redirect_uri),
    "GATEWAY_AUTH0_AUDIENCE": ("a", "a", lambda s: s.auth0.audience),
    "NOETL_INTERNAL_API_TOKEN": ("t", True, lambda s: s.internal_api_token is not None),
    "NOETL_AUTH_SYNC": ("1", True, lambda s: s.auth_playbooks.auth_sync),
    "NOETL_AUTHZ_SYNC": ("true", True, lambda s: s.auth_playbooks.authz_sync),
    "GATEWAY_SESSION_VALIDATE_VIA_PLAYBOOK": ("0", False, lambda s: s.auth_playbooks.validate_via_playbook),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_line_16_every_variable_of_either_generation_is_understood(tmp_path: Path, name: str) -> None:
    text, value, read = VARIABLES[name]
    assert read(load({name: text}, tmp_path)) == value


def test_line_16_the_defaults_are_those_of_the_table(tmp_path: Path) -> None:
    """D49: two of them could not work: the subjects' prefix, and `*` among the origins ended the start."""
    settings = load({}, tmp_path)
    assert (settings.server.port, settings.server.bind, settings.server.public_url) == (8090, "0.0.0.0", None)
    assert (settings.noetl.base_url, settings.noetl.timeout_secs) == ("http://localhost:8082", 120)
    assert settings.nats.url.get_secret_value() == "nats://127.0.0.1:4222"
    assert settings.nats.updates_subject_prefix == "noetl.events."
    assert settings.nats.callback_subject_prefix == "noetl.callbacks"
    assert (settings.nats.session_bucket, settings.nats.session_cache_ttl_secs) == ("sessions", 300)
    assert (settings.nats.request_bucket, settings.nats.request_ttl_secs) == ("requests", 1800)
    assert settings.transport.heartbeat_interval_secs == 30
    assert settings.cors.allowed_origins == tuple(f"http://localhost:{port}" for port in (8080, 8090, 3000))
    assert settings.cors.allow_credentials
    assert settings.auth_playbooks.login == "api_integration/auth0/auth0_login"
    assert settings.auth_playbooks.validate_session == "api_integration/auth0/auth0_validate_session"
    assert settings.auth_playbooks.check_access == "api_integration/auth0/check_playbook_access"
    assert (settings.auth_playbooks.session_db_credential, settings.auth_playbooks.timeout_secs) == ("pg_auth", 12)
    assert settings.auth_playbooks.validate_via_playbook
    assert not (settings.auth_playbooks.auth_sync or settings.auth_playbooks.authz_sync)
    assert not settings.proxy_policy.auth_bypass
    assert load({"CORS_ALLOWED_ORIGINS": "*"}, tmp_path).cors.allowed_origins == ("*",)


@pytest.mark.parametrize(
    "shards", [[0, 0], [1], [0, 2], [-1, 0]], ids=["twice", "without the first", "with a hole", "below zero"]
)
def test_line_16_a_shard_map_that_owns_not_everything_ends_the_start(tmp_path: Path, shards: list[int]) -> None:
    path = tmp_path / "g.json"
    table = [{"shard_index": index, "base_url": "http://n"} for index in shards]
    path.write_text(json.dumps({"noetl": {"shards": table}}))
    with pytest.raises(SettingsInvalid):
        load({"GATEWAY_CONFIG": str(path)}, tmp_path)


async def test_line_16_the_process_reads_file_and_environment(tmp_path: Path) -> None:
    """By the command itself, which prints what is in force and no secret."""
    (tmp_path / "g.toml").write_text('[nats]\npassword = "hidden"\n[auth0]\ndomain = "filed.auth0.com"\n')
    environment = {"GATEWAY_CONFIG": "g.toml", "NATS_USERNAME": "somebody", "PATH": os.environ["PATH"]}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "entrypoints",
        "config",
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        output, _ = await process.communicate()
    text = output.decode()
    assert process.returncode == 0
    assert "somebody" in text
    assert "filed.auth0.com" in text
    assert "hidden" not in text
