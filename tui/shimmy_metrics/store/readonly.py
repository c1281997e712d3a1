"""Reading the store without writing it.

The file is copied into memory in one short transaction, and the copy is read: no writer is held up, and a reader that
is stopped midway holds no lock.
"""

import contextlib
import os
from collections.abc import Iterator

from shimmy_metrics.errors import UserError
from shimmy_metrics.store.database import (
    BUSY_SECONDS,
    Database,
    connect,
    exists,
    journal_path,
    secure,
    store_path,
    transaction,
    uri,
    version_of,
)
from shimmy_metrics.store.location import check_location
from shimmy_metrics.store.sqlite_errors import sqlite_errors, system_errors
from shimmy_metrics.store.wal import in_wal_mode, read_start
from shimmy_metrics.system.places import StrPath
from shimmy_metrics.system.profile import Profile


@contextlib.contextmanager
def open_readonly(profile: Profile, *, off: bool = False) -> Iterator[Database | None]:
    """Copy the store into memory and yield the copy, or None where there is no store.

    With `off` nothing at all is written: a file that has a killed process's journal beside it, or is in WAL mode, gives
    None too (`unread` tells that). Without `off` such a file is recovered first. Raise `UserError` for a store that
    cannot be used, or that is where none may be.
    """
    path = store_path(profile)
    if not off or os.path.lexists(path):
        check_location(profile.state_folder)
    with system_errors(path):
        there = exists(path)
    if not there or (off and unread(profile)):
        yield None
        return
    with sqlite_errors(path):
        if not off and in_wal_mode(path):
            connect(profile).close()
        copy = _copy(path, "ro" if off else "rw")
        try:
            yield copy
        finally:
            if copy is not None:
                copy.close()


def unread(profile: Profile) -> bool:
    """Whether the store cannot be read without writing: it is in WAL mode, or has a killed process's journal."""
    path = store_path(profile)
    with contextlib.suppress(OSError):
        if in_wal_mode(path):
            return True
    with contextlib.suppress(OSError):
        return bool(read_start(journal_path(path), 8).strip(b"\0")) and not _writer_lives(path)
    return False


def unread_error() -> UserError:
    """Return the error for what needs a store that is `unread`."""
    what = "the store was not read: metrics are off, and opening it now would write to it"
    return UserError(what, remedy="Do this where they are on")


def unwiped(profile: Profile) -> bool:
    """Whether a journal that is no longer needed may hold deleted data: its writer died before overwriting it."""
    with contextlib.suppress(OSError):
        header = read_start(journal_path(store_path(profile)), 8)
        return bool(header) and not header.strip(b"\0")
    return False


def stored_bytes(profile: Profile) -> bytes:
    """Return the store's file, page by page, empty where there is none or it is `unread`. Raise `UserError`."""
    path = store_path(profile)
    if unread(profile) or not os.path.exists(path):
        return b""
    import sqlite3

    with sqlite_errors(path), contextlib.closing(sqlite3.connect(uri(path, "ro"), uri=True)) as db:
        return db.serialize()  # not through a descriptor of our own: see `wal`


def _writer_lives(path: StrPath) -> bool:
    """Whether a journal belongs to a living writer: reading fails where SQLite would have to roll back first."""
    import sqlite3

    with contextlib.suppress(sqlite3.Error):
        db = sqlite3.connect(uri(path, "ro"), uri=True, timeout=BUSY_SECONDS)
        try:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            db.close()
        return True
    return False


def _copy(path: StrPath, mode: str) -> Database | None:
    """Return a copy in memory, migrated to today's tables; None where the file has no tables yet."""
    import sqlite3

    from shimmy_metrics.store.migrate import migrate
    from shimmy_metrics.store.tables import VERSION

    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        db = sqlite3.connect(uri(path, mode), uri=True, timeout=BUSY_SECONDS)
        try:
            secure(db)
            db.execute("BEGIN")
            found = version_of(db, path)  # the lock is held from here on, so that the copy is consistent
            db.backup(copy)
            db.execute("COMMIT")
        finally:
            db.close()
        if 0 < found < VERSION:
            with transaction(copy):
                migrate(copy, found)
    except BaseException:
        copy.close()
        raise
    if found:
        return copy
    copy.close()
    return None
