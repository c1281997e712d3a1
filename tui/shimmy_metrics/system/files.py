"""Bounded reads and durable, private writes."""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from typing import Final

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.system.places import StrPath

PRIVATE_FILE: Final = 0o600
PRIVATE_DIR: Final = 0o700

# Flags of `os.open` that not every system has.
NO_FOLLOW: Final[int] = getattr(os, "O_NOFOLLOW", 0)
NO_WAIT: Final[int] = getattr(os, "O_NONBLOCK", 0)
"""Opening a FIFO in the file's place must not block."""
BINARY: Final[int] = getattr(os, "O_BINARY", 0)


def read_bounded(path: StrPath, limit: int) -> bytes | None:
    """Return a regular file's bytes, or None where no file exists.

    Raises `UserError` where it is not a regular file, cannot be read, or holds more than `limit` bytes.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | NO_WAIT)
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    except OSError as error:
        if os.path.isdir(path):  # Windows opens none
            raise UserError("this is a directory, not a file", where=str(path), remedy="Move it away") from error
        remedy = "Check who owns it and its folder"
        raise UserError(f"cannot be read: {reason_of(error)}", where=str(path), remedy=remedy) from error
    kind = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(kind):
        os.close(descriptor)
        what = "this is a directory, not a file" if stat.S_ISDIR(kind) else "this is no regular file"
        raise UserError(what, where=str(path), remedy="Move it away")
    with open(descriptor, "rb") as file:
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise UserError("cannot be read", where=str(path), remedy="Check the disk") from error
    if len(data) > limit:
        raise UserError(f"larger than {limit:,} bytes", where=str(path), remedy="Move it away or shorten it")
    return data


def write_new(path: StrPath, data: bytes) -> None:
    """Create a private file. Raises `FileExistsError`, or `UserError` where it cannot be written."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            raise
    except FileExistsError:
        raise
    except OSError as error:
        raise _cannot_write(path, error) from error
    except ValueError as error:  # a null character, which no system has in a name
        raise UserError("is no path", where=str(path), remedy="Nothing was written") from error


def make_private_dir(path: StrPath) -> None:
    """Make the directory and its missing parents, each accessible to this user alone. Raises `OSError`."""
    from pathlib import Path  # only for a write

    folder, missing = Path(path), []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=PRIVATE_DIR, exist_ok=True)


def open_private(path: StrPath, flags: int) -> int:
    """Open a private file in a private folder and return its descriptor.

    `flags` are those of `os.open`; with `O_CREAT` a missing file is made, 0600. `O_TRUNC` is not allowed: it would
    truncate a file before it is checked; use `os.ftruncate` afterwards. Whatever somebody could have planted is never
    followed, written or waited for: a symbolic or hard link, a FIFO, another user's file, any file in a folder that
    others may write. Raises `PermissionError` for these, with the reason in `strerror`, and whatever `os.open` raises.
    """
    assert not flags & os.O_TRUNC
    if sys.platform == "win32":  # no folder descriptors there, and modes do not tell who may write
        return _own_file(os.open(path, flags, PRIVATE_FILE), path)
    above, name = os.path.split(path)
    folder = os.open(above or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        if os.fstat(folder).st_uid != os.geteuid() or others_may_write(folder):
            raise PermissionError(errno.EPERM, "its folder is not yours alone", str(path))
        descriptor = os.open(name, flags | NO_FOLLOW | NO_WAIT, PRIVATE_FILE, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise PermissionError(errno.EPERM, "is a link", str(path)) from error
        raise
    finally:
        os.close(folder)
    return _own_file(descriptor, path)


def not_private(found: os.stat_result) -> str:
    """Return why a file is not private; empty where it is."""
    if stat.S_ISLNK(found.st_mode):
        return "is a link"
    if not stat.S_ISREG(found.st_mode):
        return "is no regular file"
    if sys.platform != "win32" and found.st_uid != os.geteuid():
        return "belongs to another user"
    return "has another name elsewhere (a hard link)" if found.st_nlink > 1 else ""


def stamp(path: StrPath) -> tuple[int, int, int, int]:
    """Return what changes with a file or folder, and with who may write it; zeros where there is none. Never raises."""
    with contextlib.suppress(OSError):
        found = os.stat(path)
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
    return 0, 0, 0, 0


def with_parents(path: StrPath) -> Iterator[str]:
    """Yield a path and each folder above it, the root last."""
    each, above = os.fspath(path), os.path.dirname(path)
    yield each
    while above and above != each:
        yield above
        each, above = above, os.path.dirname(above)


def another_owner(path: StrPath, *, root_counts: bool = False) -> bool:
    """Whether `path`, or its nearest existing ancestor, belongs to another user (a home directory under sudo).

    Root does not count as another user unless `root_counts`: /tmp and /var/lib are everybody's.
    """
    if not hasattr(os, "geteuid"):
        return False
    for each in with_parents(path):
        with contextlib.suppress(OSError):
            owner = os.stat(each).st_uid
            return owner != os.geteuid() and (root_counts or owner != 0)
    return False


if sys.platform == "win32":

    def others_may_write(folder: StrPath | int) -> bool:
        """Return False: on Windows modes do not tell."""
        return False
else:

    def others_may_write(folder: StrPath | int) -> bool:
        """Whether others may write the folder: everybody, or a group other than this user's own.

        `folder` is a path or an open descriptor. Raises `OSError`.
        """
        found = os.stat(folder)
        if found.st_mode & stat.S_IWOTH:
            return True
        return bool(found.st_mode & stat.S_IWGRP) and (_has_acl(folder) or not _own_group(found.st_gid))

    def _own_group(number: int) -> bool:
        """Whether a group is this user's private one: it has the user's name and no other member."""
        import grp  # both only where a folder's group may write
        import pwd

        try:
            me, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(number)
        except KeyError:
            return False
        return group.gr_name == me and set(group.gr_mem) <= {me}

    def _has_acl(folder: StrPath | int) -> bool:
        """Whether an access control list names more users; the mode shows their rights as the group's."""
        return sys.platform == "linux" and "system.posix_acl_access" in os.listxattr(folder)


def _own_file(descriptor: int, path: StrPath) -> int:
    what = not_private(os.fstat(descriptor))
    if what:
        os.close(descriptor)
        raise PermissionError(errno.EPERM, what, str(path))
    return descriptor


def _cannot_write(path: StrPath, error: OSError) -> UserError:
    return UserError(f"cannot be written: {reason_of(error)}", where=str(path), remedy="Nothing was changed")
