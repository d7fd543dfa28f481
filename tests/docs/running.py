"""Snippets, run as they stand, told where the gateway is and who asks."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who copies snippets into a terminal in `directory`, with `variables` set and the gateway installed."""

    directory: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    async def runs(self, *command: str, stdin: str = "") -> str:
        """What the command prints. It has to end with 0 and print nothing to stderr."""
        process = await asyncio.create_subprocess_exec(
            *command,
            env=self._environment(),
            cwd=self.directory,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(_PATIENCE):
            out, problems = await process.communicate(stdin.encode())
        assert (process.returncode, problems.decode()) == (0, ""), out.decode()
        return out.decode()

    async def runs_shell(self, text: str) -> str:
        return await self.runs("bash", "-euo", "pipefail", "-c", text)

    async def runs_python(self, text: str) -> str:
        return await self.runs(sys.executable, "-W", "error", "-", stdin=text)

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        return {**os.environ, "PATH": path, "HOME": str(self.directory), **self.variables}
