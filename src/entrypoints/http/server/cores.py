"""How many processes are worth having."""

import math
import os
from pathlib import Path
from typing import Literal

_QUOTA_V2 = Path("/sys/fs/cgroup/cpu.max")
_QUOTA_V1 = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
_PERIOD_V1 = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


def worker_count(wanted: int | Literal["auto"]) -> int:
    """`auto`: one for each core that this process may use; a container's quota counts, as the machine is not ours."""
    if wanted != "auto":
        return wanted
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota(_words(_QUOTA_V2)) or cpu_quota(_words(_QUOTA_V1) + _words(_PERIOD_V1))
    return max(1, min(cores, math.ceil(quota))) if quota else cores


def cpu_quota(words: list[str]) -> float | None:
    """Cores, from quota and period as cgroups write them; None where there is no limit."""
    if len(words) != 2 or not words[0].isdigit() or not words[1].isdigit() or not int(words[1]):
        return None
    return int(words[0]) / int(words[1])


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except OSError:
        return []
