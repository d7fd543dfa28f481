import json
from pathlib import Path

import pytest
from tests.unit.settings.conftest import Load, Problems

from entrypoints.settings.loading import load
from entrypoints.settings.problems import SettingsInvalid

WRONG = {
    "ROUTER_PORT": "80900",
    "GATEWAY_INTERNAL_PORT": "x-port",
    "GATEWAY_WORKERS": "many",
    "GATEWAY_DRAIN_SECS": "-5.75",
    "GATEWAY_KEEP_ALIVE_SECS": "0.25",
    "GATEWAY_TRUSTED_PROXIES": "10.0.0.0/8,not-a-net",
    "GATEWAY_PUBLIC_URL": "gateway:8090",
    "NOETL_BASE_URL": "ftp://noetl-host",
    "NOETL_TIMEOUT_SECS": "soon",
    "NATS_SESSION_BUCKET": "my sessions",
    "NATS_CALLBACK_SUBJECT_PREFIX": "noetl.>",
    "NATS_UPDATES_SUBJECT_PREFIX": "noetl events",
    "GATEWAY_NATS_STORAGE": "tape",
    "GATEWAY_SSE_ENABLED": "perhaps",
    "GATEWAY_HEARTBEAT_INTERVAL_SECS": "0",
    "AUTH_PLAYBOOK_TIMEOUT_SECS": "12s",
    "GATEWAY_AUTH0_VERIFY": "sometimes",
    "GATEWAY_PROXY_POLICY": "closed",
    "GATEWAY_LOG_LEVEL": "verbose",
    "GATEWAY_MAX_RESULT_BYTES": "16MB",
    "GATEWAY_PUBSUB_JWKS_URL": "keys-host/certs",
}


def test_every_mistake_is_reported_at_once_by_its_variable(problems: Problems) -> None:
    reported = problems(WRONG)
    assert {problem.partition(":")[0] for problem in reported} == set(WRONG)
    assert len(reported) == len(set(reported))


def test_no_report_shows_a_value(problems: Problems) -> None:
    reported = " ".join(problems(WRONG))
    assert [value for value in WRONG.values() if len(value) > 1 and value in reported] == []
    assert "not-a-net" not in reported


def test_a_mistake_in_the_file_is_reported_by_its_key(problems: Problems) -> None:
    reported = problems({"NOETL_TIMEOUT_SECS": "soon"}, "[server]\nport = 'x-port'\n[transport]\nmax_streams = 0\n")
    assert [problem.partition(":")[0] for problem in reported] == [
        "NOETL_TIMEOUT_SECS",
        "server.port",
        "transport.max_streams",
    ]


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("[server]\nprot = 1\n", "server.prot"),
        ("[kv]\naddr = 'x'\n", "kv"),
        ("_env_file = '/etc/passwd'\n", "_env_file"),
        ("self = 1\n", "self"),
        ("[[proxy_policy.rules]]\npath = 'x'\nneed = 'role'\nrole = 'admin'\n", "proxy_policy.rules.0.role"),
    ],
)
def test_an_unknown_key_is_a_mistake(problems: Problems, file: str, key: str) -> None:
    assert problems(file=file) == [f"{key}: there is no such setting"]


def test_a_key_that_is_no_text_is_a_mistake(problems: Problems) -> None:
    assert problems(file="1: 2\nserver: {3: 4}\n", name="gateway.yaml")[0] == "1: there is no such setting"


def test_unknown_keys_are_reported_beside_everything_else(problems: Problems) -> None:
    reported = problems({"ROUTER_PORT": "x-port"}, "[server]\nprot = 1\n[kv]\n")
    assert [problem.partition(":")[0] for problem in reported] == ["ROUTER_PORT", "kv", "server.prot"]


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        load({"GATEWAY_CONFIG": str(tmp_path / "missing.toml"), "ROUTER_PORT": "x-port"}, tmp_path)
    assert [problem.partition(":")[0] for problem in raised.value.problems] == ["GATEWAY_CONFIG", "ROUTER_PORT"]
    assert "FileNotFoundError" in raised.value.problems[0]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("gateway.toml", "[server]\npassword = s3cret s3cret\n", 2),
        ("gateway.yaml", "server:\n  port: 1\n  port 2: [s3cret\n", 4),
        ("gateway.json", '{"server":\n s3cret}', 2),
        ("gateway.yaml", "just s3cret", None),
        ("gateway.json", '["s3cret"]', None),
    ],
)
def test_a_file_that_is_none_is_a_mistake_with_its_line(
    problems: Problems, name: str, text: str, line: int | None
) -> None:
    (problem,) = problems(file=text, name=name)
    assert problem.startswith("GATEWAY_CONFIG: the file ")
    assert "s3cret" not in problem
    assert line is None or problem.endswith(f" in line {line}")


def test_what_a_parser_quotes_is_not_even_in_the_chain_of_errors(loaded: Load) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        loaded(file="nats:\n  password: s3cret\n s3cret\n", name="gateway.yaml")
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None or raised.value.__suppress_context__


def test_bytes_that_are_no_text_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / ".env").write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(SettingsInvalid, match=r"^GATEWAY_CONFIG: "):
        load({"GATEWAY_CONFIG": str(tmp_path / "gateway.toml")}, tmp_path)
    with pytest.raises(SettingsInvalid, match=r"^\.env: "):
        load({}, tmp_path / "elsewhere")


def test_a_section_that_is_none_is_a_mistake(problems: Problems) -> None:
    (problem,) = problems({"ROUTER_PORT": "7000"}, json.dumps({"server": "s3cret"}), "gateway.json")
    assert problem.startswith("server: ")
    assert "s3cret" not in problem


def test_settings_that_contradict_each_other_are_all_reported(problems: Problems) -> None:
    reported = problems(
        {
            "GATEWAY_AUTH_BYPASS": "true",
            "GATEWAY_INTERNAL_PORT": "8090",
            "NATS_SESSION_BUCKET": "both",
            "NATS_REQUEST_BUCKET": "both",
        }
    )
    assert [problem.split()[0] for problem in reported] == [
        "GATEWAY_AUTH_BYPASS",
        "GATEWAY_INTERNAL_PORT",
        "NATS_REQUEST_BUCKET",
    ]


def test_a_key_without_a_certificate_is_a_mistake(problems: Problems, loaded: Load) -> None:
    assert problems({"NATS_KEY_FILE": "/etc/nats/tls.key"}) == ["NATS_KEY_FILE: needs a certificate_file"]
    assert loaded({"NATS_CERTIFICATE_FILE": "/etc/nats/tls.pem"}).nats.key_file is None
    both = loaded({"NATS_CERTIFICATE_FILE": "/etc/nats/tls.crt", "NATS_KEY_FILE": "/etc/nats/tls.key"})
    assert both.nats.key_file == "/etc/nats/tls.key"


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "10.0.0.1", "example.test", "127.0.0.1.example.test", ""])
def test_the_bypass_is_refused_off_loopback(problems: Problems, bind: str) -> None:
    (problem,) = problems({"GATEWAY_AUTH_BYPASS": "true", "GATEWAY_BIND": bind})
    assert "GATEWAY_BIND=127.0.0.1" in problem


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_the_bypass_is_allowed_on_loopback(loaded: Load, bind: str) -> None:
    assert loaded({"GATEWAY_AUTH_BYPASS": "true", "GATEWAY_BIND": bind}).proxy_policy.auth_bypass


def test_the_bypass_is_allowed_for_development(loaded: Load, problems: Problems) -> None:
    assert loaded({"GATEWAY_AUTH_BYPASS": "true", "GATEWAY_ENV": "development"}).proxy_policy.auth_bypass
    assert problems({"GATEWAY_AUTH_BYPASS": "true", "GATEWAY_ENV": "Development"})


def shards(*indices: object, base_url: str = "http://noetl:8082") -> str:
    return json.dumps({"noetl": {"shards": [{"shard_index": index, "base_url": base_url} for index in indices]}})


@pytest.mark.parametrize("indices", [(1,), (0, 0), (0, 2), (-1, 0), (0, 1, 1), (0, 1, 3), (1, 2)])
def test_a_shard_map_with_holes_or_doubles_is_a_mistake(problems: Problems, indices: tuple[int, ...]) -> None:
    (problem,) = problems(file=shards(*indices), name="gateway.json")
    assert problem.startswith("noetl.shards: must name each shard_index from 0 to")


@pytest.mark.parametrize("indices", [(0,), (1, 0), (2, 0, 1)])
def test_a_whole_shard_map_is_fine_in_any_order(loaded: Load, indices: tuple[int, ...]) -> None:
    assert len(loaded(file=shards(*indices), name="gateway.json").noetl.shards) == len(indices)


BASE_URLS = [
    "noetl:8082",
    "//noetl:8082",
    "http://",
    "http://u:p@noetl:8082",
    "http://@noetl",
    "http://noetl:0",
    "http://noetl:65536",
    "http://noetl:http",
    "http://noetl?x=1",
    "http://noetl#x",
    "http://no etl",
    "http://noetl/a b",
    "http://[::1",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("base_url", BASE_URLS)
def test_a_server_must_be_named_by_a_plain_url(problems: Problems, base_url: str) -> None:
    """What passes here is what the HTTP client can use; it would else fail with each request."""
    (problem,) = problems({"NOETL_BASE_URL": base_url})
    assert problem.startswith("NOETL_BASE_URL: must be http(s)://host")
    (problem,) = problems(file=shards(0, base_url=base_url), name="gateway.json")
    assert problem.startswith("noetl.shards.0.base_url: must be http(s)://host")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://noetl", "http://noetl"),
        (" https://noetl:8443/ ", "https://noetl:8443"),
        ("http://[::1]:8082", "http://[::1]:8082"),
        ("http://my_noetl.ns.svc:8082/base/path/", "http://my_noetl.ns.svc:8082/base/path"),
    ],
)
def test_a_plain_url_is_used_without_its_slash(loaded: Load, given: str, used: str) -> None:
    assert loaded({"NOETL_BASE_URL": given}).noetl.base_url == used
