"""Helm for the suite. Where it cannot be had, the report ends with what was left out."""

import pytest
from tests.chart.helm import Helm, HelmMissing, find_helm

_MISSING = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def helm(request: pytest.FixtureRequest) -> Helm:
    config = request.config
    reason = config.stash.get(_MISSING, None)
    if reason is None:
        try:
            return find_helm()
        except HelmMissing as missing:
            reason = config.stash[_MISSING] = str(missing)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reason = config.stash.get(_MISSING, None)
    if reason is not None:
        terminalreporter.section("NO HELM", sep="!", red=True)
        terminalreporter.write_line(reason)
        terminalreporter.write_line(
            "LEFT OUT: helm lint, every rendered pattern, the Kubernetes schemas, the assertions on objects. "
            "Checked all the same: values.schema.json against the documented values files, the GKE playbook."
        )
