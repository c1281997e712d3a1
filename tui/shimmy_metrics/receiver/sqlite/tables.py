"""The tables of a day's file and of the seen ids, and how both are opened.

A write-ahead log with `synchronous=FULL` costs one sync a commit. Both tables are kept in the order of their keys, so
that no order of arrival is stored; `secure_delete` overwrites what is deleted.

No database is opened here but through SQLite: whoever closes another descriptor of it drops this process's locks on it,
and the next process to close its connection would then take a log that is in use for one left over, and delete it.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from shimmy_metrics.receiver.columns import COLUMNS
from shimmy_metrics.receiver.folder import Folder

CANARY_BYTES: Final = 16
"""A report's key has 8 bytes, a canary's 16."""

BUSY_SECONDS: Final = 5.0
"""How long another process's turn is waited for."""

_CACHE_KIB: Final = 2**16
"""Of each file. Keys are random: with SQLite's own 2 MB, each insert into a large file would read from the disk."""

_LOG_PAGES: Final = 8_000
"""When a log is written back: 32 MB. The more rows share a page by then, the fewer pages are written."""

_COLUMNS: Final = ", ".join(f'"{column.name}" {column.type}' for column in COLUMNS)
_REPORTS: Final = f'(key BLOB PRIMARY KEY, "check" BLOB NOT NULL, {_COLUMNS}) WITHOUT ROWID'
_SEEN: Final = '(key BLOB PRIMARY KEY, "check" BLOB, day TEXT NOT NULL, recalled INTEGER NOT NULL) WITHOUT ROWID'
_OPEN_DAYS: Final = "(day TEXT PRIMARY KEY, entering BLOB) WITHOUT ROWID"
"""See `entering`."""

_ENTERED_BEFORE: Final = 2
"""An earlier version entered each id at once; where it was killed, something of its newest days may be missing."""


def connect(path: Path, *, new: bool = False) -> sqlite3.Connection:
    """Open a file; where `new`, it is made for its owner alone if it is missing. Raise `sqlite3.Error`, `OSError`."""
    if new:
        _make(path)
    # As a URI with a mode, since a file that was dropped meanwhile would else be made again.
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True
    )
    try:
        connection.execute("PRAGMA temp_store = MEMORY")
        _set_up(connection, "main")
    except BaseException:
        connection.close()
        raise
    return connection


def open_day(folder: Folder, day: str) -> sqlite3.Connection:
    """Open a day's file with the seen ids beside it, both with their tables, and the day with its canary."""
    connection = open_beside_seen(folder, day, new=True)
    try:
        connection.execute("BEGIN IMMEDIATE")
        there = _column_names(connection)
        if there:
            _add_new_columns(connection, there)
        else:
            connection.execute(f"CREATE TABLE main.reports {_REPORTS}")
            canary = secrets.token_bytes(CANARY_BYTES)
            connection.execute("INSERT INTO main.reports (key, \"check\") VALUES (?, x'')", (canary,))
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def open_beside_seen(folder: Folder, day: str, *, new: bool = False) -> sqlite3.Connection:
    """Open a day's file as `connect` does, with the seen ids beside it."""
    connection = connect(folder.days / f"{day}.db", new=new)
    try:
        _make(folder.seen)
        connection.execute("ATTACH ? AS seen", (str(folder.seen),))
        _set_up(connection, "seen")
        if not connection.execute("SELECT 1 FROM seen.sqlite_master WHERE name = 'open_days'").fetchone():
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"CREATE TABLE IF NOT EXISTS seen.seen {_SEEN}")
            connection.execute(f"CREATE TABLE IF NOT EXISTS seen.open_days {_OPEN_DAYS}")
            newest = [(each.isoformat(),) for each in list(folder.arrival_days())[-_ENTERED_BEFORE:]]
            connection.executemany("INSERT OR IGNORE INTO seen.open_days VALUES (?, NULL)", newest)
            connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def full_segments(connection: sqlite3.Connection) -> list[str]:
    """Return the tables of a day's file that are full (`segments`)."""
    asked = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name GLOB 'reports_*' ORDER BY name"
    return [name for (name,) in connection.execute(asked)]


def tables_of(connection: sqlite3.Connection) -> list[str]:
    """Return all tables of a day's reports. A row may move between them: read them in one transaction."""
    return ["reports", *full_segments(connection)]


def canary_of(connection: sqlite3.Connection) -> bytes | None:
    """Return the 16 bytes of a day's canary."""
    for table in tables_of(connection):
        found = connection.execute(f"SELECT key FROM main.{table} WHERE length(key) = ?", (CANARY_BYTES,)).fetchone()
        if found is not None:
            return bytes(found[0])
    return None


def count_of(connection: sqlite3.Connection) -> int:
    """Return how many reports a day's file has; `connection` is in no transaction."""
    connection.execute("BEGIN")
    # All rows but the canary. With a condition it would read every one.
    counts = [f"SELECT count(*) FROM main.{table}" for table in tables_of(connection)]
    rows = sum(int(connection.execute(each).fetchone()[0]) for each in counts)
    connection.execute("COMMIT")
    return max(rows - 1, 0)


def selected_columns(connection: sqlite3.Connection) -> str:
    """Return what to select for a value of each column; a file of an earlier version has none of the newer ones."""
    there = _column_names(connection)
    return ", ".join(f'"{column.name}"' if column.name in there else "NULL" for column in COLUMNS)


@contextmanager
def committed(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit the transaction that was begun inside this block, or roll it back where the block fails.

    Raise `sqlite3.Error`: the block's own where SQLite has rolled back already, as it does when the disk is full.
    """
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _column_names(connection: sqlite3.Connection) -> set[str]:
    """Return the columns that a day's file has."""
    return {name for _, name, *_ in connection.execute("PRAGMA main.table_info(reports)")}


def write_back(connection: sqlite3.Connection, schema: str) -> None:
    """Write a file's log back into it, and cut it. Raise `sqlite3.OperationalError` where another process reads it."""
    busy, _, _ = connection.execute(f"PRAGMA {schema}.wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        error = sqlite3.OperationalError("another process reads the file")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error


def _make(path: Path) -> None:
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _set_up(connection: sqlite3.Connection, schema: str) -> None:
    connection.execute(f"PRAGMA {schema}.secure_delete = ON")
    connection.execute(f"PRAGMA {schema}.cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA {schema}.journal_mode = WAL")
    connection.execute(f"PRAGMA {schema}.synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")


def _add_new_columns(connection: sqlite3.Connection, there: set[str]) -> None:
    """Give a file that an earlier version made today the columns that it lacks."""
    for column in COLUMNS:
        if column.name not in there:
            for table in tables_of(connection):
                connection.execute(f'ALTER TABLE main.{table} ADD COLUMN "{column.name}" {column.type}')
