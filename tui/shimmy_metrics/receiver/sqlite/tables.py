"""The tables of a day's file and of the seen ids, and how both are opened.

A write-ahead log with `synchronous=FULL` costs one sync a commit. Both tables are kept in the order of their keys, so
that no order of arrival is stored; `secure_delete` overwrites what is deleted.
"""

import os
import secrets
import sqlite3
from typing import Final

from shimmy_metrics.receiver.columns import COLUMNS
from shimmy_metrics.receiver.folder import Folder

CANARY_BYTES: Final = 16
"""A report's key has 8 bytes, a canary's 16."""

BUSY_SECONDS: Final = 5.0
"""How long another process's turn is waited for."""

_COLUMNS: Final = ", ".join(f'"{column.name}" {column.type}' for column in COLUMNS)
_REPORTS: Final = f'(key BLOB PRIMARY KEY, "check" BLOB NOT NULL, {_COLUMNS}) WITHOUT ROWID'
_SEEN: Final = '(key BLOB PRIMARY KEY, "check" BLOB, day TEXT NOT NULL, recalled INTEGER NOT NULL) WITHOUT ROWID'


def connect(path: os.PathLike[str]) -> sqlite3.Connection:
    """Open a file, made for its owner alone where it is missing. Raise `sqlite3.Error` or `OSError`."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    _log_writes(connection, "main")
    return connection


def open_day(folder: Folder, day: str) -> sqlite3.Connection:
    """Open a day's file with the seen ids beside it, both with their tables, and the day with its canary."""
    connection = connect(folder.days / f"{day}.db")
    connect(folder.seen).close()
    connection.execute("ATTACH ? AS seen", (str(folder.seen),))
    connection.execute("PRAGMA seen.secure_delete = ON")
    _log_writes(connection, "seen")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"CREATE TABLE IF NOT EXISTS main.reports {_REPORTS}")
    _add_new_columns(connection)
    connection.execute(f"CREATE TABLE IF NOT EXISTS seen.seen {_SEEN}")
    if connection.execute("SELECT 1 FROM reports WHERE length(key) = ?", (CANARY_BYTES,)).fetchone() is None:
        blanks = ", ".join("?" * (2 + len(COLUMNS)))
        canary = (secrets.token_bytes(CANARY_BYTES), b"", *[None] * len(COLUMNS))
        connection.execute(f"INSERT INTO reports VALUES ({blanks})", canary)  # noqa: S608 - blanks alone
    connection.execute("COMMIT")
    return connection


def _log_writes(connection: sqlite3.Connection, schema: str) -> None:
    connection.execute(f"PRAGMA {schema}.journal_mode = WAL")
    connection.execute(f"PRAGMA {schema}.synchronous = FULL")


def _add_new_columns(connection: sqlite3.Connection) -> None:
    """Give a file that an earlier version made today the columns that it lacks."""
    there = {name for _, name, *_ in connection.execute("PRAGMA main.table_info(reports)")}
    for column in COLUMNS:
        if column.name not in there:
            connection.execute(f'ALTER TABLE main.reports ADD COLUMN "{column.name}" {column.type}')
