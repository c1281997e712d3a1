"""Deletion after which no file of ours holds the deleted bytes.

SQLite overwrites what is deleted in the file (`secure_delete`), but its rollback journal holds the pages as they were.
So the journal is kept through the commit, overwritten with zeros and truncated, while the file is locked against all
others. Where there is no room for a journal, the ballast is freed; where that is not enough, the journal is kept in
memory, if the filesystem overwrites in place: the one write that a power cut can spoil. What a drive, a snapshot or a
backup keeps is out of reach.
"""

import contextlib
import os
from collections.abc import Callable
from typing import Final, TypeVar

from shimmy_metrics.store.ballast import free
from shimmy_metrics.store.database import BUSY_SECONDS, Database, journal_path, sqlite_files, uri
from shimmy_metrics.store.location import filesystem
from shimmy_metrics.store.sqlite_errors import BusyError, busy_error, is_busy, may_lack_room, sqlite_errors
from shimmy_metrics.system.places import StrPath
from shimmy_metrics.system.wiping import remove, wipe

Result = TypeVar("Result")

_IN_PLACE: Final = frozenset(("exfat", "ext2", "ext3", "ext4", "jfs", "tmpfs", "vfat", "xfs"))
"""Filesystems (mountinfo(5)) that overwrite in place. Others (btrfs, zfs) need room for it: there a deletion with its
journal in memory can fail midway, with nothing on the disk to roll it back."""


def erase(db: Database, path: StrPath, delete: Callable[[], Result]) -> Result:
    """Run `delete` as one transaction and return what it returned; `db` is the store at `path`, open for writing.

    Raise `BusyError`, which names the process that holds the store where the system tells it, or another `UserError`;
    nothing is deleted then.
    """
    try:
        with sqlite_errors(path):
            try:
                deleted = _delete(db, path, delete)
                _wipe(path)
                return deleted
            finally:
                _unlock(db)
    except BusyError as error:
        remedy = "End it and do this again; nothing was deleted yet"
        raise BusyError(error.what, where=error.where, remedy=remedy) from error


def _unlock(db: Database) -> None:
    """Give the lock back. An error here, on a failing disk, must not hide the outcome of the deletion."""
    import sqlite3

    with contextlib.suppress(sqlite3.Error):  # closing the connection releases the lock as well
        db.execute("PRAGMA journal_mode=TRUNCATE")
        db.execute("PRAGMA locking_mode=NORMAL")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # releases the lock


def _delete(db: Database, path: StrPath, delete: Callable[[], Result]) -> Result:
    import sqlite3

    journal_modes = ["PERSIST", "PERSIST"]
    if filesystem(path) in _IN_PLACE:
        journal_modes.append("MEMORY")
    for mode in journal_modes:
        if mode == "MEMORY":
            with contextlib.suppress(OSError):  # SQLite will delete it without overwriting it
                _wipe(path)
            _unlock(db)  # or SQLite keeps using the journal that it has open
        db.execute(f"PRAGMA journal_mode={mode}")
        try:
            db.execute("BEGIN EXCLUSIVE")
            # Not before: a connection in this mode keeps its shared lock while it waits for a writer, who then waits
            # for it.
            db.execute("PRAGMA locking_mode=EXCLUSIVE")
            deleted = delete()
            db.execute("COMMIT")
        except BaseException as error:
            if db.in_transaction:
                with contextlib.suppress(sqlite3.Error):  # on a failing disk: the first error tells more
                    db.execute("ROLLBACK")
            if not may_lack_room(error):
                raise
            lacked = error
            free(path)
        else:
            return deleted
    raise lacked


def _wipe(path: StrPath) -> None:
    """Overwrite the journal of the store at `path` and truncate it. Raise `OSError`."""
    journal = journal_path(path)
    if not os.path.exists(journal):
        return
    try:
        wipe(journal)
    except OSError:
        # With a quota on a copy-on-write filesystem even this needs room.
        free(path)
        with contextlib.suppress(OSError):
            wipe(journal)
        os.truncate(journal, 0)


def destroy(path: StrPath) -> None:
    """Overwrite the store at `path` and SQLite's files beside it with zeros, and delete them.

    This works on a damaged file and a full disk. Raise `BusyError`, which names the process that holds the store where
    the system tells it, or `OSError`.
    """
    with contextlib.ExitStack() as until_removed:
        _keep_others_out(path, until_removed)
        for each in (os.fspath(path), *sqlite_files(path)):
            remove(each)


def _keep_others_out(path: StrPath, stack: contextlib.ExitStack) -> None:
    """Lock the store against all others until `stack` ends. Raise `BusyError`."""
    import sqlite3

    try:
        db = sqlite3.connect(uri(path, "rw"), uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        stack.callback(db.close)
        db.execute(
            "PRAGMA locking_mode=EXCLUSIVE"
        )  # before the first access, or in WAL mode SQLite maps the log's index
        db.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if is_busy(error):
            raise busy_error(path, "End it and do this again; it was not deleted") from error
        # Missing, damaged, or on a disk with no room to roll back: nobody can be using it.
