"""Write the config's bytes: whole or not at all. Leftovers of killed writers are removed."""

import contextlib
import errno
import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from shimmy_metrics.system.files import BINARY, NO_FOLLOW, PRIVATE_DIR, PRIVATE_FILE
from shimmy_metrics.system.locks import try_lock

_TRIES = 3


class Prepared:
    """New bytes on the disk, in a file beside the one that they will replace."""

    def __init__(self, target: Path, data: bytes) -> None:
        """Write the bytes. Raises `OSError`, and then leaves nothing behind."""
        self._target = target
        self._name = target.parent / f".{target.name}.shimmy-metrics-{os.urandom(8).hex()}"
        # O_EXCL follows no link.
        self._descriptor = os.open(self._name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, PRIVATE_FILE)
        try:
            with contextlib.suppress(OSError):  # a filesystem without locks
                try_lock(self._descriptor)  # it is in use
            with open(self._descriptor, "wb", closefd=False) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _keep_owner(self._descriptor, target)
        except BaseException:
            self.drop()
            raise

    def put(self) -> None:
        """Replace the file by them. Raises `OSError`."""
        if sys.platform == "win32":  # an open file cannot be renamed there
            self._close()
        os.replace(self._name, self._target)
        self._close()
        # The file is replaced: a folder that cannot be synced (or opened, as on Windows) does not undo that.
        with contextlib.suppress(OSError):
            _sync_dir(self._target.parent)

    def drop(self) -> None:
        """Remove them, unless they have replaced the file."""
        self._close()
        with contextlib.suppress(OSError):
            os.unlink(self._name)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def replace(target: Path, data: bytes, still: Callable[[], bool]) -> bool:
    """Replace a file by `data` if `still()` is true once the data is on the disk; return whether it was replaced.

    The folder must exist, the file need not. Raises `OSError`, and what `still` raises; the file is then unchanged.
    """
    for _ in range(_TRIES):
        sweep(target)
        made = Prepared(target, data)
        try:
            if not still():
                return False
            made.put()
        except FileNotFoundError:
            continue  # another writer swept between our file's making and its lock
        else:
            return True
        finally:
            made.drop()
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def leftovers(target: Path) -> list[Path]:
    """Return the temporary files of our writers beside `target`, in use or not."""
    ours = re.compile(re.escape(f".{target.name}.shimmy-metrics-") + "[0-9a-f]{16}")
    try:
        return [target.parent / name for name in os.listdir(target.parent) if ours.fullmatch(name)]
    except OSError:
        return []


def sweep(target: Path) -> None:
    """Remove temporary files of killed writers. A living writer holds a lock on its file."""
    for each in leftovers(target):
        with contextlib.suppress(OSError):
            descriptor = os.open(each, os.O_RDWR | NO_FOLLOW)
            try:
                if stat.S_ISREG(os.fstat(descriptor).st_mode) and try_lock(descriptor):
                    os.unlink(each)
            finally:
                os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make the folder and its missing parents, private. Root gives them to the owner of the nearest existing one.

    Raises `OSError`.
    """
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=PRIVATE_DIR, exist_ok=True)
        if sys.platform != "win32" and os.geteuid() == 0:
            found = folder.stat()
            os.chown(each, found.st_uid, found.st_gid, follow_symlinks=False)


def overwrite(target: Path, before: bytes, start: int, data: bytes) -> None:
    """Overwrite bytes of a file that is still `before`: this needs no room on the disk. Raises `OSError`."""
    with open(os.open(target, os.O_RDWR | NO_FOLLOW | BINARY), "r+b") as file:
        if file.read(len(before) + 1) != before:
            raise OSError(errno.EAGAIN, "it is being changed")
        file.seek(start)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _keep_owner(descriptor: int, target: Path) -> None:
    """As root, give the new file the owner of the one that it replaces, or else of the folder."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    found = target.stat() if target.exists() else target.parent.stat()
    os.fchown(descriptor, found.st_uid, found.st_gid)


def _sync_dir(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
