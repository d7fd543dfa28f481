"""Every pattern passes Helm's lint and fits the schemas of the oldest and the newest Kubernetes that is meant."""

import functools
import re
from collections.abc import Iterator

import pytest
import yaml
from kubernetes_validate import utils as kubernetes
from tests.chart.helm import CHART, ROOT, Helm, Object, Values, at, items_at, the
from tests.chart.patterns import PATTERNS, STACK_FLAGS

from domain.version import __version__

_VERSIONS = ("1.28", "1.37")
_CUSTOM = {"BackendConfig", "ManagedCertificate", "ServiceMonitor"}


@pytest.fixture(scope="module", autouse=True)
def _schemas_are_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kubernetes, "schema_contents", functools.cache(kubernetes.schema_contents))
        yield


def fits_kubernetes(objects: list[Object]) -> None:
    assert objects
    for item in objects:
        if item["kind"] not in _CUSTOM:
            for version in _VERSIONS:
                kubernetes.validate(item, version, strict=True)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_renders_to_objects_that_kubernetes_knows(helm: Helm, name: str) -> None:
    objects = helm.render(PATTERNS[name])
    fits_kubernetes(objects)
    names = [(item["kind"], at(item, "metadata", "name")) for item in objects]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_passes_the_lint(helm: Helm, name: str) -> None:
    assert "0 chart(s) failed" in helm.lint(PATTERNS[name])


def test_the_flags_of_the_stack_playbook_render(helm: Helm) -> None:
    objects = helm.render({}, *STACK_FLAGS)
    fits_kubernetes(objects)
    environment = items_at(the(objects, "Deployment"), "spec", "template", "spec", "containers", 0, "env")
    assert {"name": "RUST_LOG", "value": "info,gateway=debug"} in environment
    assert at(the(objects, "Service"), "spec", "type") == "LoadBalancer"


def test_the_schemas_do_refuse_what_is_wrong(helm: Helm) -> None:
    service = the(helm.render(PATTERNS["defaults"]), "Service")
    spec = at(service, "spec")
    assert isinstance(spec, dict)
    spec["portz"] = spec.pop("ports")
    with pytest.raises(kubernetes.ValidationError, match="portz"):
        fits_kubernetes([service])


def test_the_chart_has_the_version_of_the_gateway() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["appVersion"] == __version__
    assert chart["name"] == "noetl-gateway"


def documented() -> list[object]:
    """The values files of the Helm reference."""
    text = (ROOT / "docs" / "helm-reference.md").read_text(encoding="utf-8")
    found = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(found) >= 3
    return [pytest.param(yaml.safe_load(one), id=str(index)) for index, one in enumerate(found)]


@pytest.mark.parametrize("values", documented())
def test_the_patterns_of_the_reference_render(helm: Helm, values: Values) -> None:
    fits_kubernetes(helm.render(values))
    assert "0 chart(s) failed" in helm.lint(values)
