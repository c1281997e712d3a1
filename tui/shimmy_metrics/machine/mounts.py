"""Mounted filesystems (Linux), from /proc/self/mountinfo (proc(5))."""

import os
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from shimmy_metrics.machine.text_file import read_text
from shimmy_metrics.system.places import StrPath

_BYTES: Final = 2**20
"""A host of many containers has thousands of mounts."""


class Mount(NamedTuple):
    """`top` is the mounted folder of the filesystem, `point` where it is mounted; `options` are the filesystem's."""

    kind: str
    top: str
    point: str
    options: frozenset[str]


def mounts(root: StrPath) -> list[Mount]:
    """Return all mounts in order; a later one hides an earlier one. Empty where they cannot be read."""
    return list(_read(read_text(os.path.join(root, "proc/self/mountinfo"), _BYTES)))


def _read(mountinfo: str) -> Iterator[Mount]:
    for line in mountinfo.splitlines():
        before, found, after = line.partition(" - ")
        places, filesystem = before.split(" "), after.split(" ")
        if found and len(places) >= 6 and len(filesystem) >= 3:
            top, point = map(_unescaped, places[3:5])
            yield Mount(filesystem[0], top, point, frozenset(filesystem[2].split(",")))


def _unescaped(path: str) -> str:
    if "\\" not in path:  # nearly all, and a host of many containers has thousands
        return path
    return re.sub(r"\\([0-7]{3})", lambda digits: chr(int(digits[1], 8)), path)
