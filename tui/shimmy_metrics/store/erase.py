"""Deletion after which no file of ours holds the deleted bytes.

SQLite zeroes what is deleted in the file (`secure_delete`), but its rollback journal holds the pages as they were. So
the journal is kept through the commit, overwritten with zeros and then cut, all while the file is locked against
everybody else. Where there is no room for a journal the ballast is given up; where that is not enough the journal is
kept in memory, the one write that a power cut can spoil; only where overwriting takes no room. What a drive, a snapshot
or a backup keeps is beyond this.
"""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from shimmy_metrics.store.ballast import free
from shimmy_metrics.store.database import BUSY_SECONDS, Database, journal_path, sqlite_files
from shimmy_metrics.store.location import filesystem
from shimmy_metrics.store.sqlite_errors import BusyError, is_busy, may_lack_room, sqlite_errors
from shimmy_metrics.system.locks import lock_holders
from shimmy_metrics.system.wiping import remove, wipe

Result = TypeVar("Result")

_IN_PLACE: Final = frozenset(("exfat", "ext2", "ext3", "ext4", "jfs", "tmpfs", "vfat", "xfs"))
"""Filesystems (mountinfo(5)) where overwriting takes no room. Where it does (btrfs, zfs), a deletion with its journal
in memory can be refused midway, with nothing on the disk that could undo it."""


def erase(db: Database, path: Path, delete: Callable[[], Result]) -> Result:
    """Run `delete` as one transaction and return what it returned; `db` is the store at `path`, open for writing.

    Raises `BusyError`, naming who holds the store where the system tells that, or another `UserError`; nothing is
    deleted then.
    """
    try:
        with sqlite_errors(path):
            db.execute("PRAGMA locking_mode=EXCLUSIVE")
            try:
                deleted = _delete(db, path, delete)
                _wipe(path)
                return deleted
            finally:
                _unlock(db)
    except BusyError as error:
        held_by = lock_holders(path)
        if not held_by:
            raise
        what = f"is held by process {', '.join(map(str, held_by))}"
        raise BusyError(what, where=str(path), remedy="End it and do this again; nothing was deleted yet") from error


def _unlock(db: Database) -> None:
    """Let others at the store again. What fails on a disk in trouble must not hide what became of the deletion."""
    import sqlite3

    with contextlib.suppress(sqlite3.Error):  # the connection's end frees the lock as well
        db.execute("PRAGMA journal_mode=TRUNCATE")
        db.execute("PRAGMA locking_mode=NORMAL")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # frees the lock


def _delete(db: Database, path: Path, delete: Callable[[], Result]) -> Result:
    import sqlite3

    ways = ["PERSIST", "PERSIST"]
    if filesystem(path) in _IN_PLACE:
        ways.append("MEMORY")
    for journal in ways:
        if journal == "MEMORY":
            with contextlib.suppress(OSError):  # SQLite removes it now, as it is
                _wipe(path)
            _unlock(db)  # or SQLite keeps the journal that it has open
        db.execute(f"PRAGMA journal_mode={journal}")
        try:
            db.execute("BEGIN EXCLUSIVE")
            deleted = delete()
            db.execute("COMMIT")
        except BaseException as error:
            if db.in_transaction:
                with contextlib.suppress(sqlite3.Error):  # on a disk in trouble: the first error tells more
                    db.execute("ROLLBACK")
            if not may_lack_room(error):
                raise
            lacked = error
            free(path)
        else:
            return deleted
    raise lacked


def _wipe(path: Path) -> None:
    """Overwrite the journal of the store at `path` and cut it. Raises `OSError`."""
    journal = journal_path(path)
    if not journal.exists():
        return
    try:
        wipe(journal)
    except OSError:
        # With a quota on a copy-on-write filesystem even that takes room.
        free(path)
        with contextlib.suppress(OSError):
            wipe(journal)
        os.truncate(journal, 0)


def destroy(path: Path) -> None:
    """Overwrite the store at `path` with zeros and remove it, with what lies beside it: journal, log of an older form.

    Neither a sound file nor room on the disk is needed. Raises `BusyError`, naming who holds the store where the system
    tells that, or `OSError`.
    """
    with contextlib.ExitStack() as until_removed:
        _keep_others_out(path, until_removed)
        for each in (path, *sqlite_files(path)):
            remove(each)


def _keep_others_out(path: Path, stack: contextlib.ExitStack) -> None:
    """Hold the store against everybody else until `stack` ends. Raises `BusyError`."""
    import sqlite3

    try:
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        stack.callback(db.close)
        db.execute("PRAGMA locking_mode=EXCLUSIVE")  # before the first access, or SQLite maps an older form's index
        db.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if is_busy(error):
            raise _held(path) from error
        # Missing, damaged, or on a disk that takes no rollback: nobody can be at work in it.


def _held(path: Path) -> BusyError:
    held_by = lock_holders(path)
    by = f"process {', '.join(map(str, held_by))}" if held_by else "another program"
    return BusyError(f"is held by {by}", where=str(path), remedy="End it and do this again; it was not deleted")
