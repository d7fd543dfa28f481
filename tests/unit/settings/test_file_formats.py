"""One set of settings, said in each format."""

import pytest
from tests.unit.settings.conftest import Load

from entrypoints.settings.loading import Settings

TOML = """
internal_api_token = "t0ken"

[server]
port = 7000
trusted_proxies = ["10.0.0.0/8", "2001:db8::/32"]
workers = "auto"

[noetl]
base_url = "http://noetl:8082"
shards = [
  { shard_index = 1, base_url = "http://noetl-1:8082" },
  { shard_index = 0, base_url = "http://noetl-0:8082/" },
]

[cors]
allowed_origins = ["https://a.example.test"]

[[proxy_policy.rules]]
path = "executions/*/cancel"
need = "role"
roles = ["operator"]
methods = ["POST"]
"""
YAML = """
internal_api_token: t0ken
server:
  port: 7000
  trusted_proxies: [10.0.0.0/8, "2001:db8::/32"]
  workers: auto
noetl:
  base_url: http://noetl:8082
  shards:
    - {shard_index: 1, base_url: "http://noetl-1:8082"}
    - {shard_index: 0, base_url: "http://noetl-0:8082/"}
cors:
  allowed_origins: [https://a.example.test]
proxy_policy:
  rules:
    - path: executions/*/cancel
      need: role
      roles: [operator]
      methods: [POST]
transport:
"""
JSON = """
{"internal_api_token": "t0ken",
 "server": {"port": 7000, "trusted_proxies": ["10.0.0.0/8", "2001:db8::/32"], "workers": "auto"},
 "noetl": {"base_url": "http://noetl:8082",
   "shards": [{"shard_index": 1, "base_url": "http://noetl-1:8082"},
              {"shard_index": 0, "base_url": "http://noetl-0:8082/"}]},
 "cors": {"allowed_origins": ["https://a.example.test"]},
 "proxy_policy": {"rules": [{"path": "executions/*/cancel", "need": "role", "roles": ["operator"],
                             "methods": ["POST"]}]}}
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gateway.toml", TOML),
        ("gateway.yaml", YAML),
        ("gateway.yml", YAML),
        ("GATEWAY.YML", YAML),
        ("gateway.json", JSON),
        ("gateway", TOML),
        ("gateway", YAML),
        ("gateway.conf", f"---\n{YAML}"),
        ("gateway", JSON),
        ("gateway.conf", f"  \n{JSON}"),
    ],
)
def test_every_format_says_the_same(loaded: Load, name: str, text: str) -> None:
    assert loaded(file=text, name=name) == _in_plain_words()


def _in_plain_words() -> Settings:
    return Settings.model_validate(
        {
            "internal_api_token": "t0ken",
            "server": {"port": 7000, "trusted_proxies": "10.0.0.0/8, 2001:db8::/32", "workers": "auto"},
            "noetl": {
                "base_url": "http://noetl:8082",
                "shards": [
                    {"shard_index": 1, "base_url": "http://noetl-1:8082"},
                    {"shard_index": 0, "base_url": "http://noetl-0:8082"},
                ],
            },
            "cors": {"allowed_origins": ["https://a.example.test"]},
            "proxy_policy": {
                "rules": [{"path": "executions/*/cancel", "need": "role", "roles": ["operator"], "methods": ["POST"]}]
            },
        }
    )


@pytest.mark.parametrize("name", ["empty.toml", "empty.yaml", "empty"])
def test_an_empty_file_changes_nothing(loaded: Load, name: str) -> None:
    assert loaded(file="# nothing yet\n", name=name) == loaded()


def test_an_empty_section_changes_nothing_and_leaves_the_environment_its_say(loaded: Load) -> None:
    assert loaded({"ROUTER_PORT": "7001"}, "server:\n", "gateway.yaml").server.port == 7001


def test_lists_may_be_separated_by_commas_in_the_environment(loaded: Load) -> None:
    settings = loaded({"CORS_ALLOWED_ORIGINS": "https://a.example.test, ,https://b.example.test"})
    assert settings.cors.allowed_origins == ("https://a.example.test", "https://b.example.test")


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "1", "yes", "on"])
def test_a_truth_may_be_spelled_in_any_case(loaded: Load, word: str) -> None:
    """The original took a wrong case for the default, without a word (D49)."""
    assert loaded({"NOETL_AUTH_SYNC": word}).auth_playbooks.auth_sync


@pytest.mark.parametrize("word", ["false", "False", "FALSE", "0", "no", "off"])
def test_an_untruth_may_be_spelled_in_any_case(loaded: Load, word: str) -> None:
    variables = {"CORS_ALLOW_CREDENTIALS": word, "GATEWAY_SESSION_VALIDATE_VIA_PLAYBOOK": word}
    settings = loaded(variables)
    assert not settings.cors.allow_credentials
    assert not settings.auth_playbooks.validate_via_playbook
