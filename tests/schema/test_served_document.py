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

from entrypoints.demo.ports import free_socket, origin_of
from entrypoints.demo.stack import CALLBACK_TOKEN

pytestmark = pytest.mark.integration

_SECONDS = 240
_CONFORMANCE = "status_code_conformance,content_type_conformance,response_schema_conformance"
_SETTINGS = {
    "GATEWAY_CONNECTION_TIMEOUT_SECS": "0.3",  # streams end, so that a client which reads to the end does not wait
    "GATEWAY_RATE_LIMIT_AUTH": "0",
    "AUTH_PLAYBOOK_TIMEOUT_SECS": "5",
}


async def _run(url: str, *options: str, checks: str = f"not_a_server_error,{_CONFORMANCE}") -> tuple[int, str]:
    """Exit code and report."""
    tool = shutil.which("schemathesis", path=sysconfig.get_path("scripts"))
    assert tool is not None, "run `make test-schema`, which installs schemathesis"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        tool,
        "run",
        f"{url}/api/schema",
        "--checks",
        checks,
        "--max-examples",
        "8",
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
async def deployment(nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Deployment]:
    monkeypatch.chdir(tmp_path)  # the tool looks for a configuration of its own here, and leaves files
    async with deployed(nats_url) as deployment:
        yield deployment


async def test_a_stranger_gets_no_answer_that_is_not_described(deployment: Deployment) -> None:
    async with deployment.gateway(**_SETTINGS) as client:
        code, report = await _run(str(client.base_url).rstrip("/"))
        assert (await client.get("/ready")).status_code == 200
    assert code == 0, report


async def test_an_administrator_gets_no_answer_that_is_not_described(deployment: Deployment) -> None:
    """On the routes where a session makes a difference. NoETL's own 5xx pass through, and this one has none."""
    async with deployment.gateway(**_SETTINGS) as client:
        token = await deployment.log_in(client)
        tags = ("--include-tag", "proxy", "--include-tag", "graphql", "--include-tag", "streams")
        code, report = await _run(str(client.base_url).rstrip("/"), "-H", f"X-Session-Token: {token}", *tags)
        assert (await client.get("/noetl/health")).status_code == 200
    assert code == 0, report


async def test_a_worker_gets_no_answer_that_is_not_described(deployment: Deployment) -> None:
    async with deployment.gateway(**_SETTINGS) as client:
        url = str(client.base_url).rstrip("/")
        code, report = await _run(url, "-H", f"Authorization: Bearer {CALLBACK_TOKEN}", "--include-tag", "workers")
        assert (await client.get("/ready")).status_code == 200
    assert code == 0, report


async def test_trouble_behind_the_gateway_is_told_as_described(deployment: Deployment) -> None:
    """The one case in which a 5xx is right: NoETL is away."""
    async with deployment.gateway() as client:
        token = await deployment.log_in(client)
    with free_socket() as nobody:
        away = {**_SETTINGS, "NOETL_BASE_URL": origin_of(nobody)}
        async with deployment.gateway(**away) as client:
            reply = await client.get("/noetl/health", headers={"x-session-token": token})
            assert reply.status_code in (502, 503)
            tags = ("--include-tag", "proxy", "--include-tag", "graphql", "--include-tag", "auth")
            options = ("-H", f"X-Session-Token: {token}", "--exclude-path", "/api/auth/logout", *tags)
            code, report = await _run(str(client.base_url).rstrip("/"), *options, checks=_CONFORMANCE)
    assert code == 0, report
