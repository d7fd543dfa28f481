"""Every target for a while, or those that are named: `FUZZ_SECONDS=60 python -m tests.fuzz.campaign [NAME...]`.

What the search finds worth keeping stays in `.fuzz/` for the next time. Ends with 1 if an input showed a fault.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.targets import TARGETS, Target

_ROOT = Path(__file__).parents[2]
_KEPT = _ROOT / ".fuzz"
_RUN = re.compile(r"stat::number_of_executed_units: *(\d+)")
_PATIENCE = 30
"""Seconds that an input may take, and a target more than its time."""


def main() -> int:
    seconds = int(os.environ.get("FUZZ_SECONDS", "60"))
    faulty = [name for name in sys.argv[1:] or TARGETS if not _holds(TARGETS[name], seconds)]
    print("inputs showed faults:", ", ".join(faulty) if faulty else "none")
    return 1 if faulty else 0


def _holds(target: Target, seconds: int) -> bool:
    found, findings = _KEPT / "corpus" / target.name, _KEPT / "findings" / target.name
    for folder in (found, findings):
        folder.mkdir(parents=True, exist_ok=True)
    known = set(findings.iterdir())
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.guided",
            target.name,
            *_arguments(target, seconds, findings),
            found,
            target.seeds,
        ],
        cwd=_ROOT,
        env=os.environ | {"PYTHONPATH": f"{_ROOT / 'src'}{os.pathsep}{_ROOT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds + 10 * _PATIENCE,
        check=False,
    )
    executions = _RUN.search(ran.stdout)
    print(
        f"{target.name}: {executions[1] if executions else 'an unknown number of'} inputs in {seconds} s", flush=True
    )
    if ran.returncode == 0 and executions is not None:
        return True
    print(ran.stdout)
    for finding in sorted(set(findings.iterdir()) - known):
        print("\n".join(_how_to_go_on(target, finding)), flush=True)
    return False


def _arguments(target: Target, seconds: int, findings: Path) -> list[str]:
    return [
        f"-max_total_time={seconds}",
        f"-max_len={target.longest}",
        f"-dict={target.words}",
        f"-timeout={_PATIENCE}",
        f"-artifact_prefix={findings}/",
        "-use_value_profile=1",
        "-print_final_stats=1",
        "-verbosity=0",
    ]


def _how_to_go_on(target: Target, finding: Path) -> Iterator[str]:
    shown = finding.relative_to(_ROOT)
    yield f"\n!!! {target.name}: {finding.read_bytes()!r}"
    yield f"again:   PYTHONPATH=src:. .venv/bin/python -m tests.fuzz.replay {target.name} {shown}"
    yield f"for good: give it a name in {target.seeds.relative_to(_ROOT)}/, which every run of the tests goes through"


if __name__ == "__main__":
    sys.exit(main())
