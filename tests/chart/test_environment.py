"""The rendered environment is one that the gateway starts with."""

from pathlib import Path

import pytest
from tests.chart.helm import Helm, HelmRefused, Object, Values, at, the
from tests.chart.patterns import PATTERNS, new

from entrypoints.settings.listening import Server
from entrypoints.settings.loading import Settings, fields, load
from entrypoints.settings.obsolete import warnings

_SAID_ELSEWHERE = {"ROUTER_PORT", "GATEWAY_PORT", "GATEWAY_INTERNAL_PORT", "GATEWAY_DRAIN_SECS"}
_NAMES = sorted(name for _, _, _, known in fields() for name in known.names)
_SECRETS = {
    "username": "noetl",
    "password": "secret-password",
    "internal-token": "a-token-of-more-than-32-characters-xx",
    "noetl-internal-api-token": "another-token-of-32-characters-xxxx",
}


def environment(objects: list[Object], directory: Path) -> dict[str, str]:
    """As a pod would see it, its settings file in `directory`."""
    items = at(the(objects, "Deployment"), "spec", "template", "spec", "containers", 0, "env")
    assert isinstance(items, list)
    seen: dict[str, str] = {}
    for item in items:
        seen[item["name"]] = (
            _SECRETS[item["valueFrom"]["secretKeyRef"]["key"]] if "valueFrom" in item else item["value"]
        )
    if "GATEWAY_CONFIG" in seen:
        assert seen["GATEWAY_CONFIG"] == "/etc/noetl-gateway/gateway.yaml"
        file = directory / "gateway.yaml"
        file.write_text(str(at(the(objects, "ConfigMap"), "data", "gateway.yaml")), encoding="utf-8")
        seen["GATEWAY_CONFIG"] = str(file)
    return seen


def settings_of(objects: list[Object], directory: Path) -> Settings:
    return load(environment(objects, directory), directory)


@pytest.mark.parametrize("name", PATTERNS)
def test_the_gateway_takes_the_settings_of_a_pattern(helm: Helm, name: str, tmp_path: Path) -> None:
    objects = helm.render(PATTERNS[name])
    settings = settings_of(objects, tmp_path)
    containers = at(the(objects, "Deployment"), "spec", "template", "spec", "containers")
    assert isinstance(containers, list)
    assert settings.server.port == containers[0]["ports"][0]["containerPort"]
    assert settings.proxy_policy.auth_bypass is (name == "bypass")


@pytest.mark.parametrize("name", [name for name in PATTERNS if not name.startswith("old")])
def test_no_pattern_of_today_sets_what_has_no_effect(helm: Helm, name: str, tmp_path: Path) -> None:
    variables = environment(helm.render(PATTERNS[name]), tmp_path)
    own = {key: value for key, value in variables.items() if key != "SSL_CERT_DIR"}
    assert warnings(load(own, tmp_path), own) == []


def test_workers_are_told_an_address_that_the_service_has(helm: Helm, tmp_path: Path) -> None:
    assert settings_of(helm.render(new()), tmp_path).gateway_url == "http://gateway.gateway.svc.cluster.local"
    internal = settings_of(helm.render(PATTERNS["internal-service"]), tmp_path)
    assert internal.gateway_url == "http://gateway-internal.gateway.svc.cluster.local"
    assert internal.server.internal_port == 9000
    own = settings_of(helm.render(PATTERNS["old-ingress"]), tmp_path)
    assert own.gateway_url == "https://gateway.example.com"
    elsewhere = settings_of(helm.render(new(namespace="edge")), tmp_path)
    assert elsewhere.gateway_url == "http://gateway.edge.svc.cluster.local"


def test_secrets_reach_the_settings(helm: Helm, tmp_path: Path) -> None:
    settings = settings_of(helm.render(PATTERNS["secrets-created"]), tmp_path)
    assert settings.nats.username == "noetl"
    assert settings.server.internal_token is not None
    assert settings.server.internal_token.get_secret_value() == _SECRETS["internal-token"]
    assert settings.internal_api_token is not None


@pytest.mark.parametrize("name", [name for name in PATTERNS if "ingress" in name or "gce" in name])
def test_idle_connections_outlive_those_of_googles_load_balancer(helm: Helm, name: str, tmp_path: Path) -> None:
    assert settings_of(helm.render(PATTERNS[name]), tmp_path).server.keep_alive_secs > 600


def test_elsewhere_the_time_of_idle_connections_is_the_gateways_own_or_yours(helm: Helm, tmp_path: Path) -> None:
    own = Server().keep_alive_secs
    assert settings_of(helm.render(PATTERNS["nginx"]), tmp_path).server.keep_alive_secs == own
    assert settings_of(helm.render(new()), tmp_path).server.keep_alive_secs == own
    given: Values = {**PATTERNS["old-ingress"], "settings": {"GATEWAY_KEEP_ALIVE_SECS": 920}}
    assert settings_of(helm.render(given), tmp_path).server.keep_alive_secs == 920


def test_the_settings_file_is_read(helm: Helm, tmp_path: Path) -> None:
    assert settings_of(helm.render(PATTERNS["settings-file"]), tmp_path).limits.graphql_depth == 9


def test_every_setting_can_be_given(helm: Helm, tmp_path: Path) -> None:
    given = {name: f"of {name}" for name in _NAMES if name not in _SAID_ELSEWHERE | {"GATEWAY_AUTH_BYPASS"}}
    seen = environment(helm.render(new(settings=given)), tmp_path)
    assert {name: seen[name] for name in given} == given


@pytest.mark.parametrize("name", sorted(_SAID_ELSEWHERE))
def test_what_shapes_the_pod_as_well_is_refused_with_its_own_value_named(helm: Helm, name: str) -> None:
    with pytest.raises(
        HelmRefused, match=f"settings.{name}: the pod depends on it as well, so set [a-zA-Z]+[.][a-zA-Z]+"
    ):
        helm.render(new(settings={name: "1"}))


def test_a_log_level_in_settings_counts_more_than_the_old_filter(helm: Helm, tmp_path: Path) -> None:
    settings = settings_of(helm.render(new(settings={"GATEWAY_LOG_LEVEL": "error"})), tmp_path)
    assert settings.server.log_level.lower() == "error"
    assert (
        settings_of(helm.render(new(settings={"RUST_LOG": "warn"})), tmp_path)
        .server.log_level.lower()
        .startswith("warn")
    )


def test_large_numbers_stay_what_they_are(helm: Helm, tmp_path: Path) -> None:
    numbers = {"GATEWAY_MAX_BODY_BYTES": 16777216, "NOETL_TIMEOUT_SECS": 2.5}
    settings = settings_of(helm.render(new(settings=numbers)), tmp_path)
    assert settings.limits.max_body_bytes == 16777216
    assert settings.noetl.timeout_secs == 2.5
    in_file = helm.render(new(config={"limits": {"max_body_bytes": 16777216}}))
    assert settings_of(in_file, tmp_path).limits.max_body_bytes == 16777216
