"""The limits of this process's control groups (Linux containers and units): the least of all levels counts."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_UNLIMITED: Final = 2**60
"""Version 1 says "no limit" as a number near 2^63."""


def memory_limit(root: Path) -> int | None:
    """Return the least memory limit in bytes, or None where there is none."""
    limits = []
    for folder, version in _levels(root, "memory"):
        text = _text(folder / ("memory.max" if version == 2 else "memory.limit_in_bytes"))
        if text.isdecimal() and 0 < int(text) < _UNLIMITED:
            limits.append(int(text))
    return min(limits, default=None)


def cores_limit(root: Path) -> float | None:
    """Return the least share of processor time in cores, or None where there is none."""
    limits = []
    for folder, version in _levels(root, "cpu"):
        if version == 2:
            quota, _, period = _text(folder / "cpu.max").partition(" ")
        else:
            quota, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal() and int(period) > 0 and int(quota) > 0:
            limits.append(int(quota) / int(period))
    return min(limits, default=None)


def _levels(root: Path, controller: str) -> Iterator[tuple[Path, int]]:
    """Yield this process's group and all above it, with the version of the hierarchy (cgroups(7))."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            base, version = root / "sys/fs/cgroup", 2
        elif controller in controllers.split(","):
            base, version = root / "sys/fs/cgroup" / controller, 1
        else:
            continue
        # In a container the path may be one of the host's: then only the mounted root is there to be read.
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(parts), -1, -1):
            folder = base.joinpath(*parts[:depth])
            if folder.is_dir():
                yield folder, version


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text().strip()
    return ""
