"""The deployment playbook, run by the real command line client on stand-ins that record how they are called."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.chart.helm import ROOT, Helm, at, the
from tests.noetl_cli import noetl

_GKE = ROOT / "infra" / "gke"
_STAND_IN = """#!/bin/bash
printf '%s' "${0##*/}" >>CALLS
printf '\\t%s' "$@" >>CALLS
echo >>CALLS
case "$*" in
  FAILING) echo "it does not work" >&2; exit 1 ;;
  "compute addresses describe"*) [ -f RESERVED ] || exit 1; echo 203.0.113.77 ;;
  "compute addresses create"*) touch RESERVED ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Run:
    status: int
    log: str
    calls: list[list[str]]

    def called(self, *start: str) -> list[list[str]]:
        return [call for call in self.calls if call[: len(start)] == list(start)]


@dataclass(frozen=True, slots=True)
class Workplace:
    directory: Path
    patch: pytest.MonkeyPatch

    def prepare(self, failing: str = '"nothing at all"') -> None:
        tools = self.directory / "bin"
        tools.mkdir(exist_ok=True)
        for name in ("gcloud", "kubectl", "helm"):
            text = _STAND_IN.replace("FAILING", failing).replace("CALLS", str(self.directory / "calls"))
            (tools / name).write_text(text.replace("RESERVED", str(self.directory / "reserved")), encoding="utf-8")
            (tools / name).chmod(0o755)

    async def run(self, **values: str) -> Run:
        """`noetl run`, from the repository's root."""
        calls, log = self.directory / "calls", self.directory / "log"
        calls.unlink(missing_ok=True)
        self.patch.setenv("PATH", f"{self.directory / 'bin'}:/usr/bin:/bin")
        given = {"project_id": "my-project", "log": str(log), **values}
        flags = [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
        # The steps take their folder from the environment, which the client hands on without knowing of it.
        outcome = await noetl(self.directory, "run", str(self.playbook), "--runtime", "local", *flags)
        text = calls.read_text(encoding="utf-8") if calls.exists() else ""
        return Run(
            outcome.status,
            log.read_text(encoding="utf-8") if log.exists() else "",
            [line.split("\t") for line in text.splitlines()],
        )

    @property
    def playbook(self) -> Path:
        """The playbook with its script named by the whole path and its state kept in `directory`."""
        text = (_GKE / "deploy_gateway.yaml").read_text(encoding="utf-8")
        own = f"GATEWAY_RUN_DIRECTORY={self.directory / 'run'} bash {_GKE}/gateway.sh"
        path = self.directory / "deploy_gateway.yaml"
        path.write_text(text.replace("bash infra/gke/gateway.sh", own), encoding="utf-8")
        return path


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    place = Workplace(tmp_path, monkeypatch)
    place.prepare()
    return place


async def test_a_deployment_reserves_an_address_and_gives_it_to_the_release(workplace: Workplace) -> None:
    run = await workplace.run()
    assert run.status == 0, run.log
    assert [call[:4] for call in run.calls] == [
        ["gcloud", "compute", "addresses", "describe"],
        ["gcloud", "compute", "addresses", "create"],
        ["gcloud", "container", "clusters", "get-credentials"],
        ["gcloud", "compute", "addresses", "describe"],
        ["helm", "upgrade", "--install", "noetl-gateway"],
        ["kubectl", "--namespace", "gateway", "rollout"],
        ["kubectl", "--namespace", "gateway", "wait"],
        ["kubectl", "--namespace", "gateway", "get"],
    ]
    (release,) = run.called("helm")
    assert "service.loadBalancerIP=203.0.113.77" in release
    assert "service.type=LoadBalancer" in release
    assert "image.repository=us-central1-docker.pkg.dev/my-project/noetl/noetl-gateway" in release
    assert "image.pullPolicy=Always" in release
    assert all("my-project" in call for call in run.called("gcloud"))


async def test_an_address_that_is_there_is_used(workplace: Workplace) -> None:
    (workplace.directory / "reserved").touch()
    run = await workplace.run()
    assert run.status == 0
    assert run.called("gcloud", "compute", "addresses", "create") == []
    assert "service.loadBalancerIP=203.0.113.77" in run.called("helm")[0]


async def test_the_flags_are_ones_that_the_chart_takes(workplace: Workplace, helm: Helm) -> None:
    run = await workplace.run(auth0_domain="t.us.auth0.com", auth0_client_id="abc", nats_secret="nats-login")
    (release,) = run.called("helm")
    objects = helm.render({}, *release[release.index("--set") :])
    assert at(the(objects, "Service"), "spec", "loadBalancerIP") == "203.0.113.77"
    environment = at(the(objects, "Deployment"), "spec", "template", "spec", "containers", 0, "env")
    assert isinstance(environment, list)
    assert {"name": "GATEWAY_AUTH0_DOMAIN", "value": "t.us.auth0.com"} in environment


async def test_a_build_gets_a_tag_of_its_own_and_that_is_deployed(workplace: Workplace) -> None:
    run = await workplace.run(build_gateway="true", repository_id="images", region="europe-west3")
    assert run.status == 0, run.log
    (submit,) = run.called("gcloud", "builds", "submit")
    image = "europe-west3-docker.pkg.dev/my-project/images/noetl-gateway"
    found = re.fullmatch(rf"_IMAGE={image},_TAG=(\d{{14}})", submit[submit.index("--substitutions") + 1])
    assert found is not None
    assert submit[submit.index("--config") + 1] == "infra/gke/cloudbuild.yaml"
    (release,) = run.called("helm")
    assert f"image.tag={found[1]}" in release
    assert "image.pullPolicy=IfNotPresent" in release
    assert run.called("gcloud", "artifacts", "repositories", "describe")


async def test_a_named_tag_is_built_and_deployed_as_it_is(workplace: Workplace) -> None:
    run = await workplace.run(build_gateway="true", gateway_image_tag="4.0.0")
    assert "image.tag=4.0.0" in run.called("helm")[0]
    assert "_TAG=4.0.0" in " ".join(run.called("gcloud", "builds")[0])


async def test_what_is_not_public_has_neither_load_balancer_nor_address(workplace: Workplace) -> None:
    run = await workplace.run(gateway_public="false")
    assert run.status == 0
    assert run.called("gcloud", "compute") == []
    assert "service.type=ClusterIP" in run.called("helm")[0]
    assert run.called("kubectl", "--namespace", "gateway", "wait") == []


async def test_a_build_alone_leaves_the_cluster_alone(workplace: Workplace) -> None:
    run = await workplace.run(build_gateway="true", deploy_gateway="false", create_artifact_registry="false")
    assert run.status == 0
    assert [call[:3] for call in run.calls] == [["gcloud", "builds", "submit"]]


@pytest.mark.parametrize("action", ["deploy", "status", "destroy"])
async def test_a_dry_run_calls_nothing_and_prints_each_command(workplace: Workplace, action: str) -> None:
    wet = await workplace.run(action=action, build_gateway="true", release_address="true")
    (workplace.directory / "reserved").unlink(missing_ok=True)
    dry = await workplace.run(action=action, build_gateway="true", release_address="true", dry_run="true")
    assert (dry.status, dry.calls) == (0, [])
    assert "dry run: nothing is done" in dry.log

    def commands(lines: list[str]) -> set[str]:
        return {" ".join(line.split()[:4]) for line in lines}

    changing = [" ".join(call) for call in wet.calls if "describe" not in call]
    printed = [line.removeprefix("+ ") for line in dry.log.splitlines() if line.startswith("+ ")]
    assert commands(changing) <= commands(printed)
    assert printed


async def test_the_status_is_shown_and_nothing_changed(workplace: Workplace) -> None:
    run = await workplace.run(action="status")
    assert run.status == 0
    assert [call[:2] for call in run.calls] == [
        ["gcloud", "container"],
        ["helm", "status"],
        ["kubectl", "--namespace"],
        ["gcloud", "compute"],
    ]
    assert "no reserved address" in run.log


@pytest.mark.parametrize("release", ["false", "true"])
async def test_taking_it_away_keeps_the_address_unless_told_otherwise(workplace: Workplace, release: str) -> None:
    run = await workplace.run(action="destroy", release_address=release)
    assert run.status == 0
    assert run.called("helm", "uninstall", "noetl-gateway")
    assert bool(run.called("gcloud", "compute", "addresses", "delete")) is (release == "true")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"project_id": ""}, "project_id is required"),
        ({"action": "remove"}, "action can not be 'remove'"),
        ({"gateway_public": "yes"}, "gateway_public can not be 'yes'"),
        ({"region": "$(touch taken)"}, "region can not be '$(touch taken)'"),
        ({"namespace": "a b; touch taken"}, "namespace can not be"),
        ({"cluster_name": "`touch taken`"}, "cluster_name can not be"),
        ({"noetl_url": "http://a,service.type=NodePort"}, "noetl_url can not be"),
        ({"address_name": "--help"}, "address_name can not be"),
    ],
)
async def test_a_wrong_value_ends_it_before_anything_is_called(
    workplace: Workplace, values: dict[str, str], message: str
) -> None:
    run = await workplace.run(**values)
    assert run.status != 0
    assert run.calls == []
    assert message in run.log
    assert not (ROOT / "taken").exists()


@pytest.mark.parametrize("failing", ['"builds submit"*', '"upgrade --install"*', '*"rollout status"*'])
async def test_a_step_that_fails_ends_it(workplace: Workplace, failing: str) -> None:
    workplace.prepare(failing)
    run = await workplace.run(build_gateway="true")
    assert run.status != 0
    assert "it does not work" in run.log
    assert re.search(failing.strip('*"').replace('"', ""), " ".join(run.calls[-1]))


@pytest.fixture
def build() -> Callable[..., object]:
    file = yaml.safe_load((_GKE / "cloudbuild.yaml").read_text(encoding="utf-8"))
    return lambda *path: at(file, *path)


def test_cloud_build_makes_what_the_dockerfile_takes(build: Callable[..., object]) -> None:
    arguments = build("steps", 1, "args")
    assert isinstance(arguments, list)
    assert "--file=infra/Dockerfile" in arguments
    assert (ROOT / "infra" / "Dockerfile").exists()
    wheel = build("steps", 0, "args")
    assert isinstance(wheel, list) and "build/gateway" in wheel
    assert "build/gateway/*.whl" in (ROOT / "infra" / "Dockerfile").read_text(encoding="utf-8")
    assert build("images") == ["${_IMAGE}:${_TAG}", "${_IMAGE}:latest"]
