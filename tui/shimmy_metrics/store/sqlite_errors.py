"""SQLite's errors and the system's, as one clear line each."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shimmy_metrics.errors import UserError, reason_of

MOVE_AWAY: Final = "Move it away; a new one is made"

_KNOWN: Final = {
    "not a database": ("is no database", MOVE_AWAY),
    "malformed": ("is damaged", MOVE_AWAY),
    "full": ("the disk is full", "Make room; what was measured stays until then"),
    "i/o error": ("cannot be read or written", "See whether the disk or your quota is full, or the disk failing"),
    "readonly": ("cannot be written", "Check who owns it and its directory"),
    "unable to open": ("cannot be opened", "Check who owns it and its directory, and whether the disk has room"),
    "locked": ("is held by another program", "Try again"),
    "no such": ("has not the tables it should have", MOVE_AWAY),
}


class BusyError(UserError):
    """Another program holds the store at this moment."""


class FullError(UserError):
    """There is no room on the disk."""


@contextlib.contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors within the block into `UserError`."""
    import sqlite3

    try:
        with system_errors(path):
            yield
    except sqlite3.Error as error:
        raise _explained(path, error) from error
    except UnicodeDecodeError as error:  # SQLite's own message, quoting what it found where a name should stand
        raise _line(UserError, path, "malformed") from error


def may_lack_room(error: BaseException) -> bool:
    """Whether it may be that there was no room: on the disk, in a quota, for a journal's inode."""
    import sqlite3

    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) in (
        sqlite3.SQLITE_FULL,
        # A quota is to SQLite what a failing disk is.
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_CANTOPEN,
    )


@contextlib.contextmanager
def system_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors within the block into `UserError`."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"cannot be used: {reason_of(error)}", where=str(path), remedy="Metrics are off until it can"
        ) from error


def _explained(path: Path, error: Exception) -> UserError:
    if _read_only(path.parent):
        remedy = "It stays as it is until that can be written"
        return UserError("lies on a read-only filesystem", where=str(path), remedy=remedy)
    reason = str(error).lower()
    kind = BusyError if "locked" in reason else FullError if "full" in reason else UserError
    return _line(kind, path, reason)


def _read_only(folder: Path) -> bool:
    """Whether the folder's filesystem takes no write. SQLite tells that in as many ways as there are files to open."""
    if sys.platform == "win32":
        return False
    with contextlib.suppress(OSError):
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    return False


def _line(kind: type[UserError], path: Path, reason: str) -> UserError:
    for part, (what, remedy) in _KNOWN.items():
        if part in reason:
            return kind(what, where=str(path), remedy=remedy)
    return kind("cannot be used", where=str(path), remedy="Check the disk and the file")
