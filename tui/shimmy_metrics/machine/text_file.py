"""Read a short file of the operating system as text. What cannot be read is unknown, never an error.

Not by `system/files`: to that it is an error, of which a person is told.
"""

import os
import stat
from contextlib import suppress
from typing import Final

from shimmy_metrics.system.places import StrPath

_BYTES: Final = 65_536
"""Files in /proc, /sys and /etc that state a single fact are far shorter."""

_DIGITS: Final = 20
"""As many as 2^64 has."""


def read_text(path: StrPath, most: int = _BYTES) -> str:
    """Return the first `most` bytes of a file as text, without surrounding space; empty where it cannot be read."""
    with suppress(OSError, ValueError):
        # O_NONBLOCK: opening a FIFO in its place must not block.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                with open(descriptor, "rb", closefd=False) as file:
                    return file.read(most).decode(errors="replace").strip()
        finally:
            os.close(descriptor)
    return ""


def parse_whole(digits: str) -> int | None:
    """Return the number written in at most 20 ASCII digits, or None for any other text."""
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS else None
