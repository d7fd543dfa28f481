"""python -m benchmarks [ROUNDS]: measures everything and prints one Markdown table."""

import asyncio
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable

from benchmarks import scenarios
from benchmarks.scenarios import Row
from benchmarks.setting import Setting, setting


async def _rows(made: Setting, rounds: int) -> list[Row]:
    steps: dict[str, Callable[[], Awaitable[list[Row]]]] = {
        "proxied GET": lambda: asyncio.to_thread(scenarios.proxied_get, made, rounds),
        "bodies": lambda: asyncio.to_thread(scenarios.bodies, made, rounds),
        "validate": lambda: asyncio.to_thread(scenarios.validate, made, rounds),
        "execute": lambda: scenarios.execute(made, rounds),
        "progress": lambda: scenarios.progress(made),
        "callbacks": lambda: scenarios.callbacks(made),
        "idle streams": lambda: scenarios.idle_streams(made),
    }
    rows: list[Row] = []
    for name, step in steps.items():
        try:
            found = await step()
        except Exception as error:  # noqa: BLE001 - one that fails must not hide the others
            traceback.print_exc()
            found = [Row(name, f"failed: {error!r}", "")]
        for row in found:
            print(f"{row.path}: {row.value} (target: {row.target})", file=sys.stderr, flush=True)
        rows += found
    return rows


async def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with setting(folder) as made:
            rows = await _rows(made, rounds)
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {rounds} rounds\n")
    print("| Path | Measured | Target |\n|---|---|---|")
    for row in rows:
        print(f"| {row.path} | {row.value} | {row.target} |")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
