"""The README's walk-through works as written."""

import asyncio
import os
import re
from pathlib import Path

import pytest

from entrypoints.demo.stack import DemoPorts, demo_stack

pytestmark = pytest.mark.integration

_README = Path(__file__).parents[3] / "README.md"


def _walk_through() -> str:
    text = _README.read_text(encoding="utf-8")
    found = re.search(r"<!-- walkthrough:begin -->\s*```sh\n(.*?)```\s*<!-- walkthrough:end -->", text, re.DOTALL)
    assert found is not None
    return found[1]


async def test_each_line_of_the_walk_through_does_what_it_says(tmp_path: Path) -> None:
    async with demo_stack(DemoPorts()) as stack:
        script = _walk_through().replace("http://127.0.0.1:8090", stack.gateway_url)
        assert stack.gateway_url in script
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-euo",
            "pipefail",
            "-c",
            script,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "TOKEN": stack.issuer.issue("alice@example.com")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(60):
            output, _ = await process.communicate()
    text = output.decode()
    assert process.returncode == 0, text
    for proof in (
        '"executionId"',
        "playbook/progress",
        "playbook/result",
        "5 steps done.",
        '"current_step"',
        "logged_out",
    ):
        assert proof in text
