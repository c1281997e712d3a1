"""SQLite's and the system's errors, each as one clear line."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Final

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.system.locks import lock_holders
from shimmy_metrics.system.places import StrPath

MOVE_AWAY: Final = "Move it away; a new one is made at the latest when a server is measured"


class BusyError(UserError):
    """Another program holds the store."""


class FullError(UserError):
    """The disk is full."""


def busy_error(path: StrPath, remedy: str) -> BusyError:
    """Return the error for a store that another process holds, which it names where the system tells it."""
    held_by = lock_holders(path)
    by = f"process {', '.join(map(str, held_by))}" if held_by else "another program"
    return BusyError(f"is held by {by}", where=str(path), remedy=remedy)


@contextlib.contextmanager
def sqlite_errors(path: StrPath) -> Iterator[None]:
    """Turn SQLite's and the system's errors within the block into `UserError`."""
    import sqlite3

    try:
        with system_errors(path):
            yield
    except sqlite3.Error as error:
        raise _explained(path, error) from error
    except UnicodeDecodeError as error:  # SQLite's own message quotes damaged bytes
        raise _line(path, sqlite3.SQLITE_CORRUPT) from error


def is_busy(error: BaseException) -> bool:
    """Whether another program holds the file."""
    import sqlite3

    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def may_lack_room(error: BaseException) -> bool:
    """Whether the cause may be a lack of room: on the disk, in a quota, for the journal's inode."""
    import sqlite3

    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) in (
        sqlite3.SQLITE_FULL,
        # SQLite does not tell an exceeded quota from a failing disk.
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_CANTOPEN,
    )


@contextlib.contextmanager
def system_errors(path: StrPath, remedy: str = "Nothing is sent from here") -> Iterator[None]:
    """Turn the system's errors within the block into `UserError`, with this remedy."""
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot be used: {reason_of(error)}", where=str(path), remedy=remedy) from error


def _explained(path: StrPath, error: BaseException) -> UserError:
    if _read_only(os.path.dirname(path)):
        remedy = "It stays as it is until that can be written"
        return UserError("lies on a read-only filesystem", where=str(path), remedy=remedy)
    return _line(path, _code(error))


def _code(error: BaseException) -> int:
    """Return SQLite's primary result code; 0 for an error of the module's own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _read_only(folder: str) -> bool:
    """Whether the folder's filesystem is read-only. SQLite reports that by another code for each file it opens."""
    if sys.platform == "win32":
        return False
    with contextlib.suppress(OSError):
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    return False


def _line(path: StrPath, code: int) -> UserError:
    import sqlite3

    kind = UserError
    match code:
        case sqlite3.SQLITE_NOTADB:
            what, remedy = "is no database", MOVE_AWAY
        case sqlite3.SQLITE_CORRUPT:
            what, remedy = "is damaged", MOVE_AWAY
        case sqlite3.SQLITE_FULL:
            kind, what, remedy = FullError, "the disk is full", "Make room; what was measured stays until then"
        case sqlite3.SQLITE_IOERR:
            what, remedy = (
                "cannot be read or written",
                "Check whether the disk or your quota is full, or the disk is failing",
            )
        case sqlite3.SQLITE_READONLY:
            what, remedy = "cannot be written", "Check who owns it and its folder"
        case sqlite3.SQLITE_CANTOPEN:
            what, remedy = "cannot be opened", "Check who owns it and its folder, and whether the disk has room"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return busy_error(path, "Try again later, or end it")
        case sqlite3.SQLITE_ERROR:  # a missing table or column: the statements themselves are right
            what, remedy = "lacks tables that it should have", MOVE_AWAY
        case _:
            what, remedy = "cannot be used", "Check the disk and the file"
    return kind(what, where=str(path), remedy=remedy)
