"""Operating-system locks: held by a living process, released when it dies, however it dies."""

import contextlib
import os
import sys
import time
from typing import Final

from shimmy_metrics.system.files import open_private
from shimmy_metrics.system.places import StrPath

_RETRY_SECONDS: Final = 0.1


class Lock:
    """An exclusive lock on one file, created if missing. `release`, or the end of the process, frees it."""

    def __init__(self, path: StrPath) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take the lock; return False where another process holds it. Raises `OSError`.

        `is_locked()` takes the lock for a moment: retry for longer than that. A file that was removed after opening
        and before locking locks nothing: it is made again.
        """
        end = time.monotonic() + _RETRY_SECONDS
        while True:
            descriptor = open_private(self._path, os.O_RDWR | os.O_CREAT)
            if try_lock(descriptor) and _is_at(descriptor, self._path):
                self._descriptor = descriptor
                return True
            os.close(descriptor)
            if time.monotonic() > end:
                return False
            time.sleep(_RETRY_SECONDS / 20)

    def shared(self) -> int | None:
        """Return a descriptor that shares the lock: a process that inherits it keeps the lock when this one has ended.

        None where the lock is not held, or the system has no such thing. The caller closes it.
        """
        if sys.platform == "win32" or self._descriptor is None:
            return None
        with contextlib.suppress(OSError):  # another thread just released it
            return os.dup(self._descriptor)
        return None

    def in_place(self) -> bool:
        """Whether the lock is held, and its file is still at its path."""
        return self._descriptor is not None and _is_at(self._descriptor, self._path)

    def release(self, *, remove: bool = False) -> None:
        """Free the lock; with `remove` delete its file first, so that nobody finds it unlocked.

        A file that somebody else has put in its place is not deleted.
        """
        if self._descriptor is None:
            return
        remove = remove and self.in_place()
        if remove and sys.platform != "win32":
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
        os.close(self._descriptor)
        self._descriptor = None
        if remove and sys.platform == "win32":
            with contextlib.suppress(OSError):
                os.unlink(self._path)


def is_locked(path: StrPath) -> bool:
    """Whether a living process holds the lock on this file. A missing file is not held."""
    try:
        descriptor = open_private(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # it is there and not ours to open: leave it alone
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def lock_holders(path: StrPath, locks: StrPath = "/proc/locks") -> list[int]:
    """Return the other processes that hold a lock on the file, from /proc/locks (proc(5)); empty but on Linux."""
    if sys.platform != "linux":
        return []
    with contextlib.suppress(OSError, ValueError, IndexError):
        found = os.stat(path)
        inode = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
        with open(locks, encoding="ascii") as lines:
            listed = [line.split() for line in lines]
        return sorted({int(words[4]) for words in listed if words[5] == inode} - {os.getpid()})
    return []


def _is_at(descriptor: int, path: StrPath) -> bool:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    return False


if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Lock an open file; return False where another process has it."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file; return False where another process has it. Raises `OSError` if locks are unsupported."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
