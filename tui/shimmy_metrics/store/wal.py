"""WAL mode, in which version 1 kept the store. The first opening for writing leaves it for good."""

import contextlib
import os
from _thread import allocate_lock  # `threading`, which has it too, takes a tenth of a bare Python's start
from typing import TYPE_CHECKING, Final

from shimmy_metrics.store.sqlite_errors import BusyError, is_busy
from shimmy_metrics.system.files import NO_WAIT
from shimmy_metrics.system.places import StrPath

if TYPE_CHECKING:
    from sqlite3 import Connection as Database

_WAL: Final = b"\x02\x02"
"""Bytes 18 and 19 of a file in WAL mode (SQLite's file format)."""

_KNOWN_WITHOUT: Final[set[tuple[int, int]]] = set()
"""The files (device, inode) that this process knows not to be in WAL mode. POSIX drops a process's locks on a file when
any descriptor of it is closed, so each file is read once, before any thread can have a transaction on it."""

_READING: Final = allocate_lock()


def in_wal_mode(path: StrPath) -> bool:
    """Whether the store at `path` is in WAL mode. Raise `OSError`."""
    with _READING:
        found = os.stat(path)
        file = (found.st_dev, found.st_ino)
        if file in _KNOWN_WITHOUT:
            return False
        wal = read_start(path, 20)[18:] == _WAL
        if not wal:
            _KNOWN_WITHOUT.add(file)
        return wal


def read_start(path: StrPath, length: int) -> bytes:
    """Return a file's first bytes; none of a FIFO, which would block. Raise `OSError`."""
    with open(os.open(path, os.O_RDONLY | NO_WAIT), "rb") as file:
        return file.read(length) or b""


def leave_wal_mode(db: "Database", path: StrPath) -> None:
    """Write the log into the file and leave WAL mode, without mapping a file: on a full disk that ends the process.

    Raise `BusyError` where an older program has the store open, and `sqlite3.Error`.
    """
    import sqlite3

    try:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")  # before the first access, or SQLite maps the log's index
        db.execute("PRAGMA journal_mode=TRUNCATE").fetchone()
        # The log's index, which a killed program may leave and SQLite does not use in this mode.
        with contextlib.suppress(OSError):
            os.unlink(f"{os.fspath(path)}-shm")
        db.execute("PRAGMA locking_mode=NORMAL")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # releases the lock
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
        remedy = (
            "This version measures and sends nothing; stop the server, app or demo that was started before the update"
        )
        raise BusyError("is open in an older version of shimmy-metrics", where=str(path), remedy=remedy) from error
