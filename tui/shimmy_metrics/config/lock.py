"""The lock beside the config, `.lock`. Its modification time is that of the last no, so that a yes sees one pass by.

A no needs neither: where the lock is somebody else's, or cannot be opened, it is passed over.
"""

import contextlib
import os
import stat
import sys
import time
from pathlib import Path
from typing import Final, Self

from shimmy_metrics.errors import reason_of
from shimmy_metrics.system.files import NO_FOLLOW, NO_WAIT, PRIVATE_FILE, not_private
from shimmy_metrics.system.locks import try_lock

_POLL_SECONDS: Final = 0.01
_COARSEST_NS: Final = 2_000_000_000
"""The coarsest time of a filesystem in use (FAT): two noes are further apart than that, whatever the clock says."""


class ConfigLock:
    """The lock of one config folder, made where it is missing. Leave the `with` block to free it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".lock"
        self._descriptor: int | None = None
        self.refusal = ""
        """Why it cannot be had, in the system's words; empty where it can, or somebody else has it for now."""
        try:
            self._descriptor = _open_own(self._path)
        except OSError as error:
            self.refusal = reason_of(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def take(self, seconds: float) -> bool:
        """Take the lock, waiting at most so long; return whether it is held now."""
        end = time.monotonic() + seconds
        while self._descriptor is not None:
            try:
                if try_lock(self._descriptor):
                    return True
            except OSError as error:  # a filesystem without locks
                self.refusal = reason_of(error)
                break
            if time.monotonic() >= end:
                break
            time.sleep(_POLL_SECONDS)
        return False

    def last_no(self) -> int:
        """Return a number that changes with each no, 0 where none can be told."""
        return 0 if self._descriptor is None else os.fstat(self._descriptor).st_mtime_ns

    def tell_no(self) -> None:
        """Note that a no was given. It takes no room on the disk."""
        if self._descriptor is None:
            return
        at = max(time.time_ns(), self.last_no() + _COARSEST_NS)
        with contextlib.suppress(OSError):
            os.utime(self._descriptor if os.utime in os.supports_fd else self._path, ns=(at, at))


def _open_own(path: Path) -> int:
    """Return the file opened. Raises `OSError` where that fails, or it is not the person's own."""
    if sys.platform != "win32" and path.parent.stat().st_uid not in (os.geteuid(), 0):
        # Root's lock in another's home would be in that person's way.
        raise PermissionError("the folder belongs to another user")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | NO_FOLLOW | NO_WAIT, PRIVATE_FILE)
    try:
        found = os.fstat(descriptor)
        if not_private(found) or found.st_nlink == 0:  # or removed since
            raise PermissionError("its lock is not a file of your own")
        if sys.platform != "win32" and stat.S_IMODE(found.st_mode) != PRIVATE_FILE:
            os.fchmod(descriptor, PRIVATE_FILE)  # whoever may read it can lock it
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
