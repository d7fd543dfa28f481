"""TypeScript of the guides, compiled strictly and run by Node."""

import os
import shutil
from pathlib import Path

import pytest
from tests.docs.running import Reader

_HERE = Path(__file__).parent
_NODE_MODULES = _HERE / "node_modules"
_COMPILE = """
const typescript = require('typescript');
const fs = require('fs');
const [source, target] = process.argv.slice(1);
const options = {
  target: typescript.ScriptTarget.ES2022, module: typescript.ModuleKind.ESNext, strict: true, skipLibCheck: true,
  moduleResolution: typescript.ModuleResolutionKind.Bundler,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], types: ['node'], noEmitOnError: true,
  moduleDetection: typescript.ModuleDetectionKind.Force,
};
const program = typescript.createProgram([source], options);
const found = [...typescript.getPreEmitDiagnostics(program)];
program.emit(undefined, (_, text) => fs.writeFileSync(target, text));
for (const one of found) console.error(typescript.flattenDiagnosticMessageText(one.messageText, '\\n'));
process.exit(found.length ? 1 : 0);
"""
# Node 20 has WebSocket behind this flag, later ones without it.
_WITH_WEBSOCKET = ("--experimental-websocket", "--no-warnings")


async def run_typescript(reader: Reader, text: str) -> str:
    """Skips the test where Node is missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("NO NODE: the TypeScript of the guides is not run")
    at_home = Reader(directory=reader.directory, variables={"HOME": os.environ.get("HOME", "/")})
    await at_home.runs(npm, "--prefix", str(_HERE), "ci", "--ignore-scripts", "--silent")
    (reader.directory / "node_modules").symlink_to(_NODE_MODULES)
    source, target = reader.directory / "snippet.ts", reader.directory / "snippet.mjs"
    source.write_text(text, encoding="utf-8")
    await reader.runs(node, "-e", _COMPILE, str(source), str(target))
    return await reader.runs(node, *_WITH_WEBSOCKET, str(target))
