"""A day's file in segments, so that a report costs as much in a day of ten million as in one of a hundred thousand.

Keys are random: in one table of millions each insert would read, log and write back a page of its own. So reports go
into the table `reports`, whose pages the cache holds, until it is full; then its rows are copied in the order of their
keys into a table beside it, a full segment, and it begins anew. Once the day is over all become one table (`settle`).

A full segment only loses rows: to a recall, to the cluster, or to `reports` once its day is over. Its name is drawn at
random. So it tells nothing of the order, and what a process knows of the keys in a segment of this name holds for good,
whatever other processes do.
"""

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from shimmy_metrics.receiver.sqlite.key_filter import KeyFilter
from shimmy_metrics.receiver.sqlite.tables import CANARY_BYTES, committed, full_segments

FULL: Final = 100_000
"""With so many rows `reports` is full: some 16 MB, and 100 milliseconds to copy them."""

_TOO_LARGE: Final = 4
"""With so many times more it was filled by an earlier version, or its day is over: it would take too long to copy."""

_LOOKS: Final = 8
"""How often its rows are counted until it is full."""

PAST_ALL: Final = b"\xff" * CANARY_BYTES
"""A bound above every key."""


def end_of_piece(connection: sqlite3.Connection, tables: Sequence[str], after: bytes, rows: int) -> bytes | None:
    """Return a key up to which some rows follow `after` in these tables, `rows` at most; None for all that follow.

    `rows` counts as at least one for each table.
    """
    share = max(rows // len(tables), 1)
    ends = [
        key
        for table in tables
        for (key,) in connection.execute(
            f"SELECT key FROM main.{table} WHERE key > ? ORDER BY key LIMIT 1 OFFSET ?",
            (after, share - 1),
        )
    ]
    return min(ends, default=None)


class Filling:
    """Makes a full segment of `reports` once it has `full` rows. Another process may do so as well, or instead."""

    def __init__(self, full: int = FULL) -> None:
        self._full = full
        self._uncounted = full  # what an earlier process stored was perhaps not counted

    def stored(self, rows: int) -> None:
        """Note that so many rows were stored."""
        self._uncounted += rows

    def advance(self, connection: sqlite3.Connection) -> None:
        """Look whether it is full, where that may be, and go on with an empty one then. Raise `sqlite3.Error`."""
        if self._uncounted * _LOOKS < self._full:
            return
        self._uncounted = 0
        most = self._full * _TOO_LARGE
        with committed(connection):
            connection.execute("BEGIN IMMEDIATE")
            counted = "SELECT count(*) FROM (SELECT 1 FROM main.reports LIMIT ?)"
            (rows,) = connection.execute(counted, (most,)).fetchone()
            if self._full <= rows < most:
                _begin_anew(connection)


class FullSegments:
    """What this process knows of a day's full segments. Each is read once; until then it is asked for every key."""

    def __init__(self) -> None:
        self._filter: KeyFilter | None = None
        self._read: set[str] = set()

    def to_ask(self, connection: sqlite3.Connection, keys: Sequence[bytes]) -> Iterator[tuple[str, Sequence[bytes]]]:
        """Yield each table that may have some of these keys, with those; `connection` is in a transaction."""
        yield "reports", keys
        segments = full_segments(connection)
        possible = self._filter.possible(keys) if self._filter is not None else []
        for segment in segments:
            some = possible if segment in self._read else keys
            if some:
                yield segment, some
        # One for each commit: after a start there may be a hundred, and each takes a tenth of a second.
        self._read_one(connection, [each for each in segments if each not in self._read])

    def _read_one(self, connection: sqlite3.Connection, unread: Sequence[str]) -> None:
        for segment in unread[:1]:
            self._filter = self._filter or KeyFilter()
            found = connection.execute(f"SELECT key FROM main.{segment} WHERE length(key) < ?", (CANARY_BYTES,))
            self._filter.add(key for (key,) in found)
            self._read.add(segment)


def _begin_anew(connection: sqlite3.Connection) -> None:
    """Copy the rows into a full segment, and delete them, inside a transaction."""
    (made,) = connection.execute("SELECT sql FROM main.sqlite_master WHERE name = 'reports'").fetchone()
    segment = f"reports_{secrets.token_hex(8)}"
    connection.execute(made.replace("reports", segment, 1))
    connection.execute(f"INSERT INTO main.{segment} SELECT * FROM main.reports")
    connection.execute("DELETE FROM main.reports")
