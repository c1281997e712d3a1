"""Limits of this process's control groups (Linux containers and units). The lowest of all levels applies."""

import os
from collections.abc import Iterator
from typing import Final

from shimmy_metrics.machine.mounts import Mount, mounts
from shimmy_metrics.machine.text_file import parse_whole, read_text
from shimmy_metrics.system.places import StrPath

_UNLIMITED: Final = 2**60
"""Version 1 writes "no limit" as a number near 2^63."""

_LOWEST: Final = "hierarchical_memory_limit "

_USUAL: Final = Mount("", "/", "/sys/fs/cgroup", frozenset())
"""Where control groups are mounted, if the system does not say."""


def memory_limit(root: StrPath) -> int | None:
    """Return the lowest memory limit in bytes, or None without one."""
    limits = []
    for folder, version in _levels(root, "memory"):
        if version == 2:
            stated = [read_text(os.path.join(folder, "memory.max"))]
        else:
            # The lowest of all levels, including those that a container cannot see.
            told = read_text(os.path.join(folder, "memory.stat")).splitlines()
            lowest = [line.removeprefix(_LOWEST) for line in told if line.startswith(_LOWEST)]
            stated = [read_text(os.path.join(folder, "memory.limit_in_bytes")), *lowest]
        limits += [limit for limit in map(parse_whole, stated) if limit is not None and 0 < limit < _UNLIMITED]
    return min(limits, default=None)


def cores_limit(root: StrPath) -> float | None:
    """Return the lowest share of processor time in cores, or None without a limit."""
    limits = []
    for folder, version in _levels(root, "cpu"):
        if version == 2:
            granted, _, each = read_text(os.path.join(folder, "cpu.max")).partition(" ")
        else:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            granted, each = (read_text(os.path.join(folder, name)) for name in names)
        quota, period = parse_whole(granted), parse_whole(each)
        if quota and period:
            limits.append(quota / period)
    return min(limits, default=None)


def _levels(root: StrPath, controller: str) -> Iterator[tuple[str, int]]:
    """Yield the folders of this process's group and its ancestors, each with its hierarchy's version (cgroups(7))."""
    mounted = mounts(root)
    for line in read_text(os.path.join(root, "proc/self/cgroup")).splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            found, version = [mount for mount in mounted if mount.kind == "cgroup2"] or [_USUAL], 2
        elif controller in controllers.split(","):
            found, version = [mount for mount in mounted if mount.kind == "cgroup" and controller in mount.options], 1
            # Controllers that share a hierarchy: mounted under both names, with a link for each alone, or without.
            names = dict.fromkeys([controller, controllers])
            found = found or [_USUAL._replace(point=f"{_USUAL.point}/{name}") for name in names]
        else:
            continue
        for mount in found:
            base = os.path.join(root, mount.point.lstrip("/"))
            # In a container the path may be the host's: then only the mounted root can be read.
            parts = [part for part in path.removeprefix(mount.top).split("/") if part not in ("", "..")]
            for depth in range(len(parts), -1, -1):
                yield os.path.join(base, *parts[:depth]), version
