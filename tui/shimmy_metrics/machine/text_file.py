"""One short file of the operating system's, as text. A fact that cannot be read is unknown, never an error.

Not `system/files`: the receiver's side knows `Facts`, and nothing of that room.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_BYTES: Final = 65_536
"""Files of /proc, /sys and /etc that state one fact are far shorter."""

_DIGITS: Final = 20
"""2^64 has no more."""


def read_text(path: Path, most: int = _BYTES) -> str:
    """Return the text of the file's first `most` bytes without surrounding space; empty where it cannot be read."""
    with suppress(OSError, ValueError):
        # O_NONBLOCK: a FIFO in the file's place must not hang us.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                with open(descriptor, "rb", closefd=False) as file:
                    return file.read(most).decode(errors="replace").strip()
        finally:
            os.close(descriptor)
    return ""


def parse_whole(digits: str) -> int | None:
    """Return the number that is written in at most 20 ASCII digits, or None for any other text."""
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS else None
