"""The total memory of the machine or its container."""

import os
import sys
from contextlib import suppress

from shimmy_metrics.machine.cgroup import memory_limit
from shimmy_metrics.machine.text_file import parse_whole, read_text
from shimmy_metrics.system.places import StrPath


def memory_bytes(root: StrPath = "/") -> int | None:
    """Return the memory in bytes, at least 1, or None where it cannot be read.

    On Linux it is `MemTotal`, which excludes what firmware and kernel reserve, or a lower limit of the control groups.
    """
    if sys.platform == "win32":
        return _windows()
    stated = read_text(os.path.join(root, "proc/meminfo"))
    physical = total(stated) if stated else _posix()
    limit = memory_limit(root)
    if physical is None or limit is None:
        return physical
    return min(physical, limit)


def total(meminfo: str) -> int | None:
    """Return the bytes of `MemTotal` in the text of /proc/meminfo (proc(5): in units of 1,024), or None."""
    for line in meminfo.splitlines():
        match line.split():
            case ["MemTotal:", digits, "kB"]:
                kilobytes = parse_whole(digits)
                return kilobytes * 1024 if kilobytes else None
    return None


if sys.platform == "win32":
    import ctypes

    class _Status(ctypes.Structure):
        """MEMORYSTATUSEX of the Windows API."""

        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total", ctypes.c_ulonglong),
            ("rest", ctypes.c_ulonglong * 6),
        )

    def _windows() -> int | None:
        status = _Status(length=ctypes.sizeof(_Status))
        done = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return int(status.total) if done else None

    def _posix() -> int | None:
        return None
else:

    def _windows() -> int | None:
        return None

    def _posix() -> int | None:
        with suppress(ValueError, OSError):
            pages = os.sysconf("SC_PHYS_PAGES")  # -1 where the system does not say
            return pages * os.sysconf("SC_PAGE_SIZE") if pages > 0 else None
        return None
