"""The number of processor cores of the machine or its container."""

import math
import os
from contextlib import suppress

from shimmy_metrics.machine.cgroup import cores_limit
from shimmy_metrics.system.places import StrPath


def cores(root: StrPath = "/") -> int | None:
    """Return the number of cores, or None where it cannot be read. A share of a core counts as a whole one."""
    return least(_present(), cores_limit(root))


def least(present: int | None, limit: float | None) -> int | None:
    """Return the smaller of the cores present and the share granted, rounded up; at least 1."""
    if present is None or limit is None:
        return present
    return max(1, min(present, math.ceil(limit)))


def _present() -> int | None:
    if hasattr(os, "sched_getaffinity"):
        with suppress(OSError):
            return len(os.sched_getaffinity(0))
    return os.cpu_count()
