"""Operating-system locks: held while the process lives, gone when it dies, however it dies."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shimmy_metrics.errors import TroubleError
from shimmy_metrics.system.files import PRIVATE_FILE

_WAIT_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02
_LOOK_SECONDS: Final = 0.1


class Lock:
    """An exclusive lock on one file, which is made where it is missing. `release` (or the process's end) frees it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take the lock; return False where another process holds it. Raises `OSError`.

        Whoever looks (`held`) has it for an instant, so it is tried a little longer than one. A file that was removed
        between opening and locking is none: then it is made anew.
        """
        end = time.monotonic() + _LOOK_SECONDS
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
            if _lock_now(descriptor) and _is_at(descriptor, self._path):
                self._descriptor = descriptor
                return True
            os.close(descriptor)
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK_SECONDS / 20)

    def release(self, *, remove: bool = False) -> None:
        """Free the lock; with `remove` the file goes first, so that nobody finds it unlocked."""
        if self._descriptor is None:
            return
        if remove and sys.platform != "win32":
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None
        if remove and sys.platform == "win32":
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)


def held(path: Path) -> bool:
    """Whether a living process holds the lock on this file. A missing file is not held."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # it is there and not ours to open: leave it alone
    try:
        return not _lock_now(descriptor)
    finally:
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    return False


@contextlib.contextmanager
def directory_lock(path: Path) -> Iterator[None]:
    """Hold the lock on a directory: nothing is left behind in it. Raises `TroubleError` after 5 s.

    On Windows, where a directory cannot be locked, a file `.lock` in it is.
    """
    descriptor = (
        os.open(path / ".lock", os.O_RDWR | os.O_CREAT) if sys.platform == "win32" else os.open(path, os.O_RDONLY)
    )
    try:
        end = time.monotonic() + _WAIT_SECONDS
        while not _lock_now(descriptor):
            if time.monotonic() > end:
                raise TroubleError("another program has held its lock for 5 s", where=str(path), remedy="Try again")
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock_now(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _lock_now(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
