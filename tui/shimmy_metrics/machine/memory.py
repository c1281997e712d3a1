"""How much memory the machine, or its container, has in all."""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path

from shimmy_metrics.machine.cgroup import memory_limit


def memory_bytes(root: Path = Path("/")) -> int | None:
    """Return the memory in bytes, or None where it cannot be read."""
    if sys.platform == "win32":
        return _windows()
    whole = _linux(root) if (root / "proc/meminfo").exists() else _posix()
    limit = memory_limit(root)
    if whole is None or limit is None:
        return whole
    return min(whole, limit)


def _linux(root: Path) -> int | None:
    with suppress(OSError):
        match = re.search(r"^MemTotal:\s+(\d+) kB$", (root / "proc/meminfo").read_text(), re.MULTILINE)
        return int(match[1]) * 1024 if match else None
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
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return None
