"""The limits of this process's control groups (Linux containers and units): the least of all levels counts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shimmy_metrics.machine.reading import text, whole

_UNLIMITED: Final = 2**60
"""Version 1 says "no limit" as a number near 2^63."""


def memory_limit(root: Path) -> int | None:
    """Return the least memory limit in bytes, or None where there is none."""
    limits = []
    for folder, version in _levels(root, "memory"):
        limit = whole(text(folder / ("memory.max" if version == 2 else "memory.limit_in_bytes")))
        if limit is not None and 0 < limit < _UNLIMITED:
            limits.append(limit)
    return min(limits, default=None)


def cores_limit(root: Path) -> float | None:
    """Return the least share of processor time in cores, or None where there is none."""
    limits = []
    for folder, version in _levels(root, "cpu"):
        if version == 2:
            granted, _, each = text(folder / "cpu.max").partition(" ")
        else:
            granted, each = text(folder / "cpu.cfs_quota_us"), text(folder / "cpu.cfs_period_us")
        quota, period = whole(granted), whole(each)
        if quota and period:
            limits.append(quota / period)
    return min(limits, default=None)


def _levels(root: Path, controller: str) -> Iterator[tuple[Path, int]]:
    """Yield this process's group and all above it, with the version of the hierarchy (cgroups(7))."""
    mounts = root / "sys/fs/cgroup"
    for line in text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            bases, version = [mounts], 2
        elif controller in controllers.split(","):
            # Controllers that share a hierarchy: mounted under both names, with a link for each alone, or without.
            bases, version = list(dict.fromkeys([mounts / controller, mounts / controllers])), 1
        else:
            continue
        # In a container the path may be one of the host's: then only the mounted root is there to be read.
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for base in bases:
            for depth in range(len(parts), -1, -1):
                yield base.joinpath(*parts[:depth]), version
