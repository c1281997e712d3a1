"""Rebuild the files in the order of their keys.

SQLite sorts a page's cells by pointers and lays the cells themselves down as they come: who reads the raw file of a
quiet hour sees which reports arrived together, in one array of one sender. A rebuilt file has its cells in the order
of their keys, and its log is cut.

A small file is rebuilt whole. A large one is once its day is over, a few thousand rows at a time: rebuilt whole it
would be held in memory, and everybody would wait. Until then one array does not stand out among so many reports.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Final

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.entering import Entering
from shimmy_metrics.receiver.sqlite.segments import PAST_ALL, end_of_piece
from shimmy_metrics.receiver.sqlite.tables import committed, connect, full_segments, tables_of, write_back

MOST_BYTES: Final = 2**26
"""A file beyond this is large."""

_ROWS: Final = 5_000
"""How many rows of a large file are rewritten in one transaction: some 20 milliseconds."""

_SHARE: Final = 20
"""At most one twentieth of the time is spent on it."""


class SettleTimes:
    """When the next rebuilding is due: it takes at most a twentieth of the time. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._next = 0.0

    def due(self, now: float) -> bool:
        """Whether one may begin now."""
        return now >= self._next

    def took(self, begun: float, ended: float) -> None:
        """Note how long one took."""
        self._next = ended + _SHARE * (ended - begun)


def settle(connection: sqlite3.Connection, schema: str, most_bytes: int = MOST_BYTES) -> bool:
    """Rebuild a file unless it is large, and cut its log; return whether it was rebuilt. Raise `sqlite3.Error`."""
    small = _size(connection, schema) <= most_bytes
    if small:
        connection.execute(f"VACUUM {schema}")
    write_back(connection, schema)
    return small


def rewrite_after(connection: sqlite3.Connection, key: bytes, rows: int = _ROWS) -> bytes | None:
    """Rewrite the rows of a day that follow `key`, in their order and in one table; return how far, None at the end."""
    with committed(connection):
        connection.execute("BEGIN IMMEDIATE")
        tables = tables_of(connection)
        last = end_of_piece(connection, tables, key, rows)
        connection.execute("CREATE TEMP TABLE moved AS SELECT * FROM main.reports LIMIT 0")
        for table in tables:
            bounds = (key, last or PAST_ALL)
            connection.execute(f"INSERT INTO moved SELECT * FROM main.{table} WHERE key > ? AND key <= ?", bounds)
            connection.execute(f"DELETE FROM main.{table} WHERE key > ? AND key <= ?", bounds)
        connection.execute("INSERT INTO main.reports SELECT * FROM moved ORDER BY key")
        connection.execute("DROP TABLE moved")
        if last is None:
            _drop_empty(connection, tables[1:])
    return last


def _drop_empty(connection: sqlite3.Connection, segments: Sequence[str]) -> None:
    """Drop the segments whose rows all stand in `reports`. One that another process filled meanwhile is not empty."""
    for segment in segments:
        if connection.execute(f"SELECT 1 FROM main.{segment} LIMIT 1").fetchone() is None:
            connection.execute(f"DROP TABLE main.{segment}")


class ClosedDays:
    """The days that are over: their ids are entered among those that were seen, and then their files are rebuilt.

    A mark in each file tells which were.
    """

    def __init__(self, folder: Folder, most_bytes: int = MOST_BYTES, rows: int = _ROWS) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._rows = rows
        self._days: list[date] = []
        self._begin_next()

    def before(self, day: date) -> None:
        """Close those before `day`."""
        self._days = [each for each in self._folder.arrival_days() if each < day]
        self._begin_next()

    def advance(self) -> bool:
        """Close a small file, or do some rows of a large one; return whether there was one. Raise `sqlite3.Error`."""
        if not self._days:
            return False
        try:
            done = self._is_closed(self._days[0])
        except sqlite3.Error:
            self._days.append(self._days.pop(0))  # after an error the others come first
            self._begin_next()
            raise
        if done:
            del self._days[0]
            self._begin_next()
        return True

    def _begin_next(self) -> None:
        self._entering: Entering | None = None
        self._entered = False
        self._key = b""

    def _is_closed(self, day: date) -> bool:
        """Do a piece of a day's closing; return whether it is done."""
        if not self._folder.day(day).exists():
            return True
        self._entering = self._entering or Entering(self._folder, day)
        self._entered = self._entered or self._entering.advance()
        return self._entered and self._is_rebuilt(self._folder.day(day), anew=self._entering.was_open)

    def _is_rebuilt(self, path: Path, *, anew: bool) -> bool:
        """Do a piece of a file's rebuilding; return whether it is done. `anew`: something may be behind the mark."""
        with closing(connect(path)) as connection:
            (marked,) = connection.execute("PRAGMA user_version").fetchone()
            if marked and not anew:
                return True
            if full_segments(connection) or not settle(connection, "main", self._most_bytes):
                key = rewrite_after(connection, self._key, self._rows)
                if key is not None:
                    self._key = key
                    return False
            connection.execute("PRAGMA user_version = 1")
            write_back(connection, "main")
            return True


def _size(connection: sqlite3.Connection, schema: str) -> int:
    (pages,) = connection.execute(f"PRAGMA {schema}.page_count").fetchone()
    (size,) = connection.execute(f"PRAGMA {schema}.page_size").fetchone()
    return int(pages) * int(size)
