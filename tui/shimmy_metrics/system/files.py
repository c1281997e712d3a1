"""Bounded reads and durable, private writes."""

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from shimmy_metrics.errors import TroubleError

PRIVATE_FILE: Final = 0o600
PRIVATE_DIR: Final = 0o700


def read_bounded(path: Path, limit: int) -> bytes | None:
    """Return the regular file's bytes, or None where there is none.

    Raises `TroubleError` where it is no regular file, cannot be read, or holds more than `limit` bytes.
    """
    try:
        # O_NONBLOCK: a FIFO in the file's place must not hang us.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    except OSError as error:
        if os.path.isdir(path):  # Windows opens none
            raise TroubleError("this is a directory, not a file", where=str(path), remedy="Move it away") from error
        reason = (error.strerror or "it cannot be opened").lower()
        remedy = "Check who owns it and its folder"
        raise TroubleError(f"cannot be read: {reason}", where=str(path), remedy=remedy) from error
    kind = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(kind):
        os.close(descriptor)
        what = "this is a directory, not a file" if stat.S_ISDIR(kind) else "this is no regular file"
        raise TroubleError(what, where=str(path), remedy="Move it away")
    with open(descriptor, "rb") as file:
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise TroubleError("cannot be read", where=str(path), remedy="Check the disk") from error
    if len(data) > limit:
        raise TroubleError(f"larger than {limit:,} bytes", where=str(path), remedy="Move it away or shorten it")
    return data


def write_durable(path: Path, data: bytes) -> None:
    """Replace the file by `data`, so that a reader sees the old or the new whole, also after a power cut.

    The file and the directories made for it are private. A symbolic link stays and its target is replaced. Raises
    `TroubleError` where it cannot be written; the old content is then untouched.
    """
    import tempfile  # with shutil behind it, and only a write wants it

    target = Path(os.path.realpath(path))
    try:
        make_private_dir(target.parent)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
        _sync_dir(target.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise _cannot_write(path, error) from error


def write_new(path: Path, data: bytes) -> None:
    """Write a private file that did not exist before. Raises `FileExistsError` or `TroubleError`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise
    except FileExistsError:
        raise
    except OSError as error:
        raise _cannot_write(path, error) from error
    except ValueError as error:  # a null character, which no system has in a name
        raise TroubleError("is no path", where=str(path), remedy="Nothing was written") from error


def make_private_dir(path: Path) -> None:
    """Make the directory and its missing parents, each for this user alone. Raises `OSError`."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    for each in reversed(missing):
        each.mkdir(mode=PRIVATE_DIR, exist_ok=True)


def another_owner(path: Path) -> bool:
    """Whether the nearest existing ancestor of `path` belongs to somebody else (a home directory under sudo)."""
    if not hasattr(os, "geteuid"):
        return False
    for each in (path, *path.parents):
        with contextlib.suppress(OSError):
            owner = each.stat().st_uid
            # What root gave out is common ground (/tmp, /var/lib): only another person's directory is theirs.
            return owner not in (os.geteuid(), 0)
    return False


def _cannot_write(path: Path, error: OSError) -> TroubleError:
    reason = (error.strerror or str(error)).lower()
    return TroubleError(f"cannot be written: {reason}", where=str(path), remedy="Nothing was changed")


def _sync_dir(path: Path) -> None:
    if os.name == "nt":
        return  # Windows has no handle to a directory that could be flushed
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
