"""The real command line client of NoETL (wire 13)."""

import re
from pathlib import Path

import pytest
from tests.integration.gateway.conftest import Deployment
from tests.noetl_cli import noetl

pytestmark = pytest.mark.integration


async def test_it_bootstraps_logs_in_lists_runs_asks_cancels_and_queries(
    deployment: Deployment, tmp_path: Path
) -> None:
    async with deployment.gateway() as gateway:
        url = str(gateway.base_url)
        steps = {
            "context": ("context", "init", "t", "--from-gateway", url, "--yes", "--set-current"),
            "login": ("auth", "login", "--auth0-token", deployment.behind.issuer.issue("alice@example.com")),
            "list": ("--gateway", "catalog", "list", "Playbook"),
            "get": ("--gateway", "catalog", "get", "demo/quick"),
            "run": ("--gateway", "run", "demo/slow", "-r", "distributed"),
            "query": ("--gateway", "query", "select 1", "--format", "json"),
        }
        outcomes = {name: await noetl(tmp_path, *arguments) for name, arguments in steps.items()}
        for name, outcome in outcomes.items():
            assert outcome.status == 0, f"{name}: {outcome.output}"
        assert "alice@example.com" in outcomes["login"].output
        assert "demo/quick" in outcomes["list"].output
        found = re.search(r'"execution_id": "(\d+)"', outcomes["run"].output)
        assert found is not None
        execution_id = found[1]
        status = await noetl(tmp_path, "--gateway", "status", execution_id)
        assert status.status == 0
        cancel = await noetl(tmp_path, "--gateway", "cancel", execution_id)
        assert cancel.status == 0
        assert "Cancelled 1 execution" in cancel.output


async def test_it_registers_a_playbook(deployment: Deployment, tmp_path: Path) -> None:
    playbook = tmp_path / "mine.yaml"
    playbook.write_text(
        "apiVersion: noetl.io/v2\nkind: Playbook\nmetadata:\n  name: mine\n  path: tests/mine\n"
        "workflow:\n  - step: start\n    tool:\n      kind: python\n      code: |\n        result = {}\n"
    )
    async with deployment.gateway() as gateway:
        await noetl(
            tmp_path, "context", "init", "t", "--from-gateway", str(gateway.base_url), "--yes", "--set-current"
        )
        await noetl(tmp_path, "auth", "login", "--auth0-token", deployment.behind.issuer.issue("alice@example.com"))
        outcome = await noetl(tmp_path, "--gateway", "catalog", "register", str(playbook))
        assert outcome.status == 0, outcome.output


async def test_it_exits_with_77_when_the_session_is_not_valid(deployment: Deployment, tmp_path: Path) -> None:
    async with deployment.gateway() as gateway:
        url = str(gateway.base_url)
        await noetl(tmp_path, "context", "init", "t", "--from-gateway", url, "--yes", "--set-current")
        outcome = await noetl(
            tmp_path, "--gateway", "--session-token", "0123456789abcdef", "catalog", "list", "Playbook"
        )
        assert outcome.status == 77, outcome.output
