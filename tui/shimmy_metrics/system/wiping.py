"""Remove a file so that its blocks return to the filesystem without its contents.

No more is promised: a drive, a copy-on-write filesystem, a snapshot or a backup may keep them.
"""

import contextlib
import os
import stat
from typing import Final

from shimmy_metrics.system.files import BINARY, NO_FOLLOW, NO_WAIT
from shimmy_metrics.system.places import StrPath

_CHUNK: Final = 2**20


def wipe(path: StrPath) -> None:
    """Overwrite a file in place with zeros, then truncate it; both are on the disk when this returns.

    A file with another name (a hard link) is left as it is: its bytes may be somebody else's. Raises `OSError`, also
    for a symbolic link.
    """
    with open(os.open(path, os.O_RDWR | NO_FOLLOW | NO_WAIT | BINARY), "r+b", buffering=0) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            return
        left = found.st_size
        while left:
            left -= file.write(bytes(min(left, _CHUNK)))
        os.fsync(file.fileno())
        file.truncate(0)
        os.fsync(file.fileno())


def remove(path: StrPath) -> None:
    """Wipe a file if possible, and remove it. A missing file is no error. Raises `OSError`."""
    with contextlib.suppress(OSError):
        wipe(path)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
