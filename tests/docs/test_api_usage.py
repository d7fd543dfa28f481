"""Every snippet of the API guide, run as it stands against the demo."""

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.docs.snippets import ROOT, Snippet, snippets

from entrypoints.demo.stack import DemoStack

_ALL = snippets("api-usage.md")
_NODE_MODULES = Path(__file__).parent / "node_modules"
_COMPILE = """
const typescript = require('typescript');
const fs = require('fs');
const [source, target] = process.argv.slice(1);
const options = {
  target: typescript.ScriptTarget.ES2022, module: typescript.ModuleKind.ESNext, strict: true, skipLibCheck: true,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], types: ['node'], typeRoots: [TYPES], noEmitOnError: true,
  moduleDetection: typescript.ModuleDetectionKind.Force,
};
const program = typescript.createProgram([source], options);
const found = [...typescript.getPreEmitDiagnostics(program)];
program.emit(undefined, (_, text) => fs.writeFileSync(target, text));
for (const one of found) console.error(typescript.flattenDiagnosticMessageText(one.messageText, '\\n'));
process.exit(found.length ? 1 : 0);
"""


def told(language: str) -> Sequence[object]:
    found = [pytest.param(one, id=str(one)) for one in _ALL if one.language == language]
    assert found, f"the guide has no {language}"
    return found


async def output_of(demo: DemoStack | None, *command: str, stdin: str = "") -> str:
    """What a command prints that is told where the demo is. It has to end with 0 and print nothing to stderr."""
    variables = dict(os.environ)
    if demo is not None:
        variables |= {"GATEWAY": demo.gateway_url, "TOKEN": demo.issuer.issue("alice@example.com")}
    process = await asyncio.create_subprocess_exec(
        *command,
        env=variables,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, problems = await process.communicate(stdin.encode())
    assert (process.returncode, problems.decode()) == (0, ""), out.decode()
    return out.decode()


_SH_ANSWERS = {
    "/api/auth/validate": ('"valid":true', '"allowed":true'),
    "executePlaybook": ('"executionId"',),
    "demo/agents/assistant": ('"execution_id"',),
    "/cancel": ('"completed":false', '"status":"cancelled"'),
}


@pytest.mark.parametrize("snippet", told("sh"))
async def test_a_shell_snippet_does_what_it_says(demo: DemoStack, snippet: Snippet) -> None:
    printed = await output_of(demo, "bash", "-euo", "pipefail", "-s", stdin=snippet.text)
    assert '"errors"' not in printed and '"error"' not in printed, printed
    wanted = next((answers for part, answers in _SH_ANSWERS.items() if part in snippet.text), ('"session_token"',))
    for answer in wanted:
        assert answer.lower() in printed.lower(), printed


@pytest.mark.parametrize("snippet", told("python"))
async def test_a_python_snippet_sees_its_result_arrive(demo: DemoStack, snippet: Snippet) -> None:
    printed = await output_of(demo, sys.executable, "-W", "error", "-", stdin=snippet.text)
    assert "progress:" in printed
    assert "result:" in printed


@pytest.mark.parametrize("snippet", told("ts"))
async def test_a_typescript_snippet_compiles_strictly_and_sees_its_result_arrive(
    demo: DemoStack, snippet: Snippet, tmp_path: Path
) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("NO NODE: the TypeScript of the guide is not run")
    await output_of(None, npm, "--prefix", str(_NODE_MODULES.parent), "ci", "--ignore-scripts", "--silent")
    source, target = tmp_path / "snippet.ts", tmp_path / "snippet.mjs"
    source.write_text(snippet.text, encoding="utf-8")
    script = _COMPILE.replace("TYPES", repr(str(_NODE_MODULES / "@types")))
    script = script.replace("'typescript'", repr(str(_NODE_MODULES / "typescript")))
    await output_of(None, node, "-e", script, str(source), str(target))
    assert "result:" in await output_of(demo, node, str(target))


def test_there_is_no_snippet_that_nothing_runs() -> None:
    assert {one.language for one in _ALL} <= {"sh", "python", "ts"}
