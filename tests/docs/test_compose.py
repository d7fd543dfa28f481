"""The compose files: by the compose command where there is one, and by what they have to say in any case."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.docs.snippets import ROOT

from entrypoints.settings.loading import load
from entrypoints.settings.obsolete import warnings

_FILES = ("compose.yaml", "compose.noetl.yaml")
_GIVEN = {"NOETL_BASE_URL": "http://noetl:8082", "GATEWAY_AUTH0_DOMAIN": "tenant.us.auth0.com"}


def content(name: str) -> dict[str, dict[str, dict[str, object]]]:
    text = (ROOT / "infra" / name).read_text(encoding="utf-8")
    loaded: dict[str, dict[str, dict[str, object]]] = yaml.safe_load(text)
    return loaded


def value(text: str) -> str:
    """What compose makes of one variable: `${NAME:-default}` and `${NAME:?message}`."""
    if not text.startswith("${"):
        return text
    name, _, default = text[2:-1].partition(":")
    return _GIVEN.get(name, default[1:] if default.startswith("-") else "")


@pytest.mark.parametrize("name", _FILES)
def test_the_compose_command_takes_the_file(name: str) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("NO DOCKER COMPOSE: the compose files are checked by their structure alone")
    done = subprocess.run(
        [docker, "compose", "-f", str(ROOT / "infra" / name), "config", "--quiet"],
        env={**os.environ, **_GIVEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", _FILES)
def test_what_a_service_refers_to_is_in_the_file(name: str) -> None:
    file = content(name)
    services = file["services"]
    for service in services.values():
        assert "image" in service
        after = service.get("depends_on", [])
        assert isinstance(after, list) and set(after) <= set(services)
        network = str(service.get("network_mode", ""))
        assert not network or network.removeprefix("service:") in services
        mounts = service.get("volumes", [])
        assert isinstance(mounts, list)
        for source in (str(mount).split(":")[0] for mount in mounts):
            if source.startswith("."):
                assert (ROOT / "infra" / source).exists()
            else:
                assert source in file["volumes"]


@pytest.mark.parametrize("name", _FILES)
def test_ports_are_open_to_this_machine_alone(name: str) -> None:
    for service in content(name)["services"].values():
        ports = service.get("ports", [])
        assert isinstance(ports, list)
        assert all(str(port).startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("name", _FILES)
def test_the_gateway_takes_its_settings_and_may_do_little(name: str, tmp_path: Path) -> None:
    services = content(name)["services"]
    gateways = {key: service for key, service in services.items() if key.startswith("gateway")}
    assert gateways
    for service in gateways.values():
        environment = service["environment"]
        assert isinstance(environment, dict)
        variables = {key: value(str(given)) for key, given in environment.items()}
        settings = load(variables, tmp_path)
        assert warnings(settings, variables) == []
        assert not settings.proxy_policy.auth_bypass
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        grace = str(service["stop_grace_period"])
        assert int(grace.removesuffix("s")) > settings.server.drain_secs


def test_nginx_speaks_to_both_gateways_and_lets_streams_pass() -> None:
    services = content("compose.yaml")["services"]
    conf = (ROOT / "infra" / "compose.nginx.conf").read_text(encoding="utf-8")
    environments = [services[name]["environment"] for name in ("gateway-1", "gateway-2")]
    ports = [environment["ROUTER_PORT"] for environment in environments if isinstance(environment, dict)]
    assert len(set(ports)) == 2
    assert all(f"back-ends:{port}" in conf for port in ports)
    assert "proxy_buffering off" in conf
