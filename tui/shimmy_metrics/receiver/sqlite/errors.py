"""What an error of the database or the disk means for the store."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from shimmy_metrics.receiver.store import StoreError


@contextmanager
def store_errors(what: str = "") -> Iterator[None]:
    """Tell an error of the database or the disk as `StoreError`, after `what` failed because of it."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{what}: {error}" if what else str(error)) from error


@contextmanager
def but_damaged() -> Iterator[None]:
    """Pass over a day whose file is damaged: `health` tells of it, and the other days go on."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not is_damaged(error):
            raise


def is_damaged(error: Exception) -> bool:
    """Whether the file is no database, or no whole one."""
    return _primary_code(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def is_busy(error: Exception) -> bool:
    """Whether another process had its turn for too long: nothing was written then."""
    return _primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _primary_code(error: Exception) -> int:
    """Return SQLite's code without its extension; 0 where it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
