from pathlib import Path

from tests.unit.settings.conftest import Load

from entrypoints.settings.loading import load

FILE = "[server]\nport = 7000\nbind = '10.0.0.1'\n"


def test_without_anything_the_documented_defaults_hold(loaded: Load) -> None:
    settings = loaded()
    assert (settings.server.port, settings.server.bind, settings.server.public_url) == (8090, "0.0.0.0", None)
    assert (settings.noetl.base_url, settings.noetl.timeout_secs, settings.noetl.shards) == (
        "http://localhost:8082",
        120,
        (),
    )
    nats = settings.nats
    assert nats.url.get_secret_value() == "nats://127.0.0.1:4222"
    assert (nats.updates_subject_prefix, nats.callback_subject_prefix) == ("noetl.events.", "noetl.callbacks")
    assert (nats.session_bucket, nats.session_cache_ttl_secs) == ("sessions", 300)
    assert (nats.request_bucket, nats.request_ttl_secs) == ("requests", 1800)
    assert settings.transport.heartbeat_interval_secs == 30
    assert settings.cors.allowed_origins == (
        "http://localhost:8080",
        "http://localhost:8090",
        "http://localhost:3000",
    )
    assert settings.cors.allow_credentials
    playbooks = settings.auth_playbooks
    assert playbooks.login == "api_integration/auth0/auth0_login"
    assert playbooks.validate_session == "api_integration/auth0/auth0_validate_session"
    assert playbooks.check_access == "api_integration/auth0/check_playbook_access"
    assert (playbooks.session_db_credential, playbooks.timeout_secs) == ("pg_auth", 12)
    assert (playbooks.auth_sync, playbooks.authz_sync, playbooks.validate_via_playbook) == (False, False, True)
    assert not settings.proxy_policy.auth_bypass
    assert settings.internal_api_token is None


def test_the_file_beats_the_defaults(loaded: Load) -> None:
    settings = loaded(file=FILE)
    assert (settings.server.port, settings.server.bind, settings.server.workers) == (7000, "10.0.0.1", 1)


def test_the_environment_beats_the_file(loaded: Load) -> None:
    settings = loaded({"ROUTER_PORT": "7001"}, FILE)
    assert (settings.server.port, settings.server.bind) == (7001, "10.0.0.1")


def test_the_environment_beats_the_dotenv_file_which_beats_the_settings_file(loaded: Load) -> None:
    settings = loaded({"GATEWAY_BIND": "127.0.0.1"}, FILE, dotenv="ROUTER_PORT=7002\nGATEWAY_BIND=10.0.0.2\n")
    assert (settings.server.port, settings.server.bind) == (7002, "127.0.0.1")


def test_the_dotenv_file_may_name_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(FILE)
    (tmp_path / ".env").write_text(f"GATEWAY_CONFIG={tmp_path / 'my.toml'}\n")
    assert load({}, tmp_path).server.port == 7000


def test_a_blank_variable_is_as_good_as_none(loaded: Load) -> None:
    settings = loaded({"ROUTER_PORT": "", "GATEWAY_BIND": "  ", "NOETL_INTERNAL_API_TOKEN": " "}, FILE)
    assert (settings.server.port, settings.server.bind) == (7000, "10.0.0.1")
    assert settings.internal_api_token is None


def test_the_older_name_of_two_wins(loaded: Load) -> None:
    assert loaded({"GATEWAY_PORT": "7003"}).server.port == 7003
    assert loaded({"GATEWAY_PORT": "7003", "ROUTER_PORT": "7001"}).server.port == 7001


def test_what_kubernetes_puts_into_a_pod_is_ignored(loaded: Load) -> None:
    links = {"GATEWAY_PORT": "tcp://10.0.0.9:80", "NATS_URL": "tcp://10.0.0.9:4222"}
    assert loaded(links, FILE).server.port == 7000
    assert loaded(links, dotenv="GATEWAY_PORT=7004\n").server.port == 7004
    assert loaded(links).nats.url.get_secret_value() == "nats://127.0.0.1:4222"


def test_workers_reach_the_gateway_at_its_public_url_or_at_the_charts_service(loaded: Load) -> None:
    assert loaded().gateway_url == "http://gateway.gateway.svc.cluster.local"
    assert loaded({"GATEWAY_PUBLIC_URL": "https://gw.example.test/"}).gateway_url == "https://gw.example.test"
