"""Load by wrk, and what it did."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Measured

SECONDS = 4
"""How long a load lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Per request: CPU microseconds of each watched process. `rate`: requests per second."""

    cpu: tuple[float, ...]
    rate: float
    p50_ms: float
    p99_ms: float
    failures: int


def wrk(
    url: str,
    watched: Sequence[Measured],
    *,
    seconds: int = SECONDS,
    connections: int = 32,
    headers: Sequence[str] = (),
    body: bytes | None = None,
) -> Cost:
    tool = shutil.which("wrk")
    if tool is None:
        raise SystemExit("benchmarks need wrk: install the package of that name")
    command = [tool, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    for header in headers:
        command += ["-H", header]
    with tempfile.TemporaryDirectory() as folder:
        if body is not None:
            command += ["-s", str(_script(Path(folder), body))]
        before = [process.cpu() for process in watched]
        output = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
        used = [process.cpu() - start for process, start in zip(watched, before, strict=True)]
    requests = int(_number(r"(\d+) requests in", output))
    return Cost(
        cpu=tuple(1e6 * seconds_used / max(1, requests) for seconds_used in used),
        rate=_number(r"Requests/sec:\s+([\d.]+)", output),
        p50_ms=_milliseconds(r"50%\s+([\d.]+)(us|ms|s)", output),
        p99_ms=_milliseconds(r"99%\s+([\d.]+)(us|ms|s)", output),
        failures=int(_number(r"Non-2xx or 3xx responses: (\d+)", output, 0)),
    )


def _script(folder: Path, body: bytes) -> Path:
    (folder / "body").write_bytes(body)
    script = folder / "post.lua"
    script.write_text(
        f'wrk.method = "POST"\nlocal f = io.open("{folder / "body"}", "rb")\nwrk.body = f:read("*a")\nf:close()\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
    )
    return script


def _number(pattern: str, text: str, default: float | None = None) -> float:
    found = re.search(pattern, text)
    if found is None:
        if default is None:
            raise SystemExit(f"wrk said something unexpected:\n{text}")
        return default
    return float(found[1])


def _milliseconds(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    return 0.0 if found is None else float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
