"""The real command line client of NoETL, as its users run it."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

_CLI = Path(sys.executable).with_name("noetl")


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int
    output: str


async def noetl(home: Path, *arguments: str) -> Outcome:
    """`home` holds its configuration; both streams are in the output."""
    process = await asyncio.create_subprocess_exec(
        str(_CLI),
        *arguments,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        stdin=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(30):
        output, _ = await process.communicate()
    return Outcome(process.returncode or 0, output.decode())
