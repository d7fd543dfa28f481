import pytest
from tests.unit.settings.conftest import Load

from entrypoints.settings.loading import fields
from entrypoints.settings.obsolete import warnings

NEEDED_ONCE = {"NOETL_KV_ADDR": "kv:7070", "NOETL_EVENT_FEED_ADDR": "feed:7071"}


@pytest.mark.parametrize("name", NEEDED_ONCE)
def test_a_variable_that_the_gateway_once_could_not_do_without_is_not_ignored_in_silence(
    loaded: Load, name: str
) -> None:
    (warning,) = warnings(loaded(), {name: NEEDED_ONCE[name]})
    assert warning.startswith(f"{name} is ignored: ")
    assert "NATS_URL" in warning
    assert NEEDED_ONCE[name] not in warning


def test_a_misspelt_variable_of_the_gateway_is_noticed(loaded: Load) -> None:
    assert warnings(loaded(), {"GATEWAY_NATS_REPLICA": "3"}) == [
        "GATEWAY_NATS_REPLICA is ignored: there is no such setting"
    ]


def test_what_old_documents_named_is_pointed_to_its_real_name(loaded: Load) -> None:
    assert warnings(loaded(), {"GATEWAY_TRANSPORT_HEARTBEAT_INTERVAL_SECS": "3"}) == [
        "GATEWAY_TRANSPORT_HEARTBEAT_INTERVAL_SECS is ignored: set GATEWAY_HEARTBEAT_INTERVAL_SECS"
    ]


def test_subjects_that_match_nothing_are_not_replaced_in_silence(loaded: Load) -> None:
    variables = {"NATS_UPDATES_SUBJECT_PREFIX": "playbooks.executions."}
    (warning,) = warnings(loaded(variables), variables)
    assert warning.startswith("NATS_UPDATES_SUBJECT_PREFIX: ")
    assert "noetl.events." in warning


def test_an_origin_that_no_browser_sends_is_noticed(loaded: Load) -> None:
    (warning,) = warnings(loaded({"CORS_ALLOWED_ORIGINS": "https://a.example.test/"}), {})
    assert warning.startswith("CORS_ALLOWED_ORIGINS: ")


def test_settings_and_foreign_variables_give_no_warning(loaded: Load) -> None:
    variables = {name: "1" for _, _, _, known in fields() for name in known.names}
    variables |= {
        "GATEWAY_CONFIG": "x.toml",
        "GATEWAY_SERVICE_HOST": "10.0.0.9",
        "GATEWAY_SERVICE_PORT_HTTP": "80",
        "GATEWAY_PORT": "tcp://10.0.0.9:80",
        "GATEWAY_PORT_80_TCP_ADDR": "10.0.0.9",
        "NOETL_KV_ADDR": " ",
        "NOETL_SERVER_PORT": "8082",
        "DATABASE_URL": "postgres://x",
        "RUST_LOG": "info",
        "PATH": "/bin",
    }
    assert warnings(loaded(), variables) == []
