"""The form in which version 1 kept the store: with a write-ahead log. It is left for good when the store is opened."""

import contextlib
import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from shimmy_metrics.store.sqlite_errors import BusyError, is_busy
from shimmy_metrics.system.files import NO_WAIT

if TYPE_CHECKING:
    from shimmy_metrics.store.database import Database

_WAL: Final = b"\x02\x02"
"""Bytes 18 and 19 of a file whose last writer kept a write-ahead log (SQLite's file format)."""

_IN_TODAYS_FORM: Final[set[tuple[int, int]]] = set()
"""The files (device, inode) of which this process knows it. POSIX drops a process's locks on a file as soon as any
descriptor of it is closed: so a file is looked at once, before any thread can have a transaction on it."""

_LOOKING: Final = Lock()


def in_wal_mode(path: Path) -> bool:
    """Whether the store at `path` is in that form. Raises `OSError`."""
    with _LOOKING:
        found = os.stat(path)
        known = (found.st_dev, found.st_ino)
        if known in _IN_TODAYS_FORM:
            return False
        log = read_start(path, 20)[18:] == _WAL
        if not log:
            _IN_TODAYS_FORM.add(known)
        return log


def read_start(path: Path, length: int) -> bytes:
    """Return a file's first bytes; none of a FIFO, which would otherwise be waited for. Raises `OSError`."""
    with open(os.open(path, os.O_RDONLY | NO_WAIT), "rb") as file:
        return file.read(length) or b""


def leave_wal_mode(db: "Database", path: Path) -> None:
    """Write the log into the file and leave the form, with no mapped file: on a full disk one is fatal.

    Raises `BusyError` where an older program has the store open, and `sqlite3.Error`.
    """
    import sqlite3

    try:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")  # before the first access, or SQLite maps the log's index
        db.execute("PRAGMA journal_mode=TRUNCATE").fetchone()
        # A killed program's index of the log, which SQLite does not look at in this mode, has no use any more.
        with contextlib.suppress(OSError):
            path.with_name(f"{path.name}-shm").unlink()
        db.execute("PRAGMA locking_mode=NORMAL")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # frees the lock
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
        remedy = "Metrics are off until then: stop the server, app or demo that was started before the update"
        raise BusyError("is open in an older version of shimmy-metrics", where=str(path), remedy=remedy) from error
