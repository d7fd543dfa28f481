"""python -m benchmarks [ROUNDS]: measures everything and prints one Markdown table.

BENCH_ONLY: names of the parts to measure, by comma. BENCH_PEER: the command of another gateway to measure beside.
"""

import asyncio
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable

import uvloop

from benchmarks import delivery, scenarios
from benchmarks.loads import wrk
from benchmarks.many_streams import many_streams
from benchmarks.rows import Row
from benchmarks.setting import Setting, setting


async def _rows(made: Setting, rounds: int) -> list[Row]:
    steps: dict[str, Callable[[], Awaitable[list[Row]]]] = {
        "proxied GET": lambda: scenarios.proxied_get(made, rounds),
        "peer": lambda: asyncio.to_thread(scenarios.peer_get, made, rounds),
        "two workers": lambda: scenarios.two_workers(made, rounds),
        "bodies": lambda: asyncio.to_thread(scenarios.bodies, made, rounds),
        "validate": lambda: asyncio.to_thread(scenarios.validate, made, rounds),
        "execute": lambda: scenarios.execute(made, rounds),
        "lifecycle": lambda: _lifecycle(made),
        "progress": lambda: delivery.progress(made),
        "callbacks": lambda: delivery.callbacks(made),
        "streams": many_streams,
    }
    wanted = os.environ.get("BENCH_ONLY", "").split(",")
    rows: list[Row] = []
    for name, step in steps.items():
        if wanted != [""] and name not in wanted:
            continue
        try:
            found = await step()
        except Exception as error:  # noqa: BLE001 - one that fails must not hide the others
            traceback.print_exc()
            found = [Row(name, f"failed: {error!r}", "")]
        for row in found:
            print(f"{row.path}: {row.value} (target: {row.target})", file=sys.stderr, flush=True)
        rows += found
    return rows


async def _lifecycle(made: Setting) -> list[Row]:
    yard = f"http://127.0.0.1:{made.passing_port}/api/health"
    bare = await asyncio.to_thread(wrk, yard, [made.passing])
    return await delivery.lifecycle(made, bare.cpu[0])


async def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with setting(folder) as made:
            rows = await _rows(made, rounds)
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {rounds} rounds\n")
    print("| Path | Measured | Target |\n|---|---|---|")
    for row in rows:
        print(f"| {row.path} | {row.value} | {row.target} |")


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
