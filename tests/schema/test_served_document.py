"""schemathesis against a whole gateway: whatever the document allows, and much that it does not, gets an answer that
the document describes. `make test-schema` brings the tool.
"""

import asyncio
import shutil
import sys
import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.integration.gateway.conftest import Deployment, deployed

from entrypoints.demo.stack import CALLBACK_TOKEN

pytestmark = pytest.mark.integration

_SECONDS = 240
_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
_SETTINGS = {
    "GATEWAY_CONNECTION_TIMEOUT_SECS": "0.3",  # streams end, so that a client which reads to the end does not wait
    "GATEWAY_RATE_LIMIT_AUTH": "0",
    "AUTH_PLAYBOOK_TIMEOUT_SECS": "5",
}


async def _run(url: str, *options: str) -> tuple[int, str]:
    """Exit code and report."""
    tool = shutil.which("schemathesis", path=sysconfig.get_path("scripts"))
    assert tool is not None, "run `make test-schema`, which installs schemathesis"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        tool,
        "run",
        f"{url}/api/schema",
        "--checks",
        _CHECKS,
        "--max-examples",
        "25",
        "--phases",
        "examples,coverage,fuzzing",
        "--request-timeout",
        "10",
        "--generation-deterministic",
        "--no-color",
        "--warnings",
        "off",
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, output.decode()


@pytest.fixture
async def deployment(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Deployment]:
    monkeypatch.chdir(tmp_path)  # the tool looks for a configuration of its own here, and leaves files
    async with deployed(nats_url) as deployment:
        yield deployment


async def test_a_stranger_gets_no_answer_that_is_not_described(deployment: Deployment) -> None:
    async with deployment.gateway(**_SETTINGS) as client:
        code, report = await _run(str(client.base_url).rstrip("/"))
        assert (await client.get("/ready")).status_code == 200
    assert code == 0, report


async def test_an_administrator_gets_no_answer_that_is_not_described(deployment: Deployment) -> None:
    """Without the logout, which would make a stranger of the administrator."""
    async with deployment.gateway(**_SETTINGS) as client:
        token = await deployment.log_in(client)
        url = str(client.base_url).rstrip("/")
        code, report = await _run(
            url, "-H", f"X-Session-Token: {token}", "--exclude-path", "/api/auth/logout", "--exclude-tag", "workers"
        )
        assert (await client.get("/noetl/health")).status_code == 200
    assert code == 0, report


async def test_a_worker_gets_no_answer_that_is_not_described(deployment: Deployment) -> None:
    async with deployment.gateway(**_SETTINGS) as client:
        url = str(client.base_url).rstrip("/")
        code, report = await _run(url, "-H", f"Authorization: Bearer {CALLBACK_TOKEN}", "--include-tag", "workers")
        assert (await client.get("/ready")).status_code == 200
    assert code == 0, report
