"""The lock file beside the config, `.lock`. Its modification time is that of the last no, so that a yes notices one.

A no needs neither: a lock that is held, foreign or cannot be opened is ignored.
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
"""The coarsest timestamps of filesystems in use (FAT). Each no is dated later than the last by at least this."""


class ConfigLock:
    """The lock of one config folder, created if missing. Leave the `with` block to free it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".lock"
        self._descriptor: int | None = None
        self.refusal = ""
        """Why it cannot be opened or locked, in the system's words; empty if it can, or another process holds it."""
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
        """Take the lock, waiting at most so long; return whether it is held."""
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
        """Return a number that changes with each no; 0 without a lock file."""
        return 0 if self._descriptor is None else os.fstat(self._descriptor).st_mtime_ns

    def record_no(self) -> None:
        """Record that a no was given. It needs no room on the disk."""
        if self._descriptor is None:
            return
        at = max(time.time_ns(), self.last_no() + _COARSEST_NS)
        with contextlib.suppress(OSError):
            os.utime(self._descriptor if os.utime in os.supports_fd else self._path, ns=(at, at))


def _open_own(path: Path) -> int:
    """Return the opened file. Raises `OSError` where that fails, or the file is not the person's own."""
    if sys.platform != "win32" and path.parent.stat().st_uid not in (os.geteuid(), 0):
        # A lock of root's in another user's home would block that user.
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
