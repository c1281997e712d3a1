"""Rebuild the files in the order of their keys.

SQLite sorts a page's cells by pointers and lays the cells themselves down as they come: who reads the raw file of a
quiet hour sees which reports arrived together, in one array of one sender. A rebuilt file has its cells in the order
of their keys, and its log is cut.
"""

import sqlite3
from typing import Final

MOST_BYTES: Final = 2**26
"""Beyond this a file is rebuilt at its day's end alone: in so many reports one array does not stand out."""

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


def settle(connection: sqlite3.Connection, most_bytes: int = MOST_BYTES) -> bool:
    """Rebuild both files of a day's connection; return whether that was done. Raise `sqlite3.Error`."""
    if any(_size(connection, schema) > most_bytes for schema in ("main", "seen")):
        return False
    for schema in ("main", "seen"):
        connection.execute(f"VACUUM {schema}")
        connection.execute(f"PRAGMA {schema}.wal_checkpoint(TRUNCATE)")
    return True


def _size(connection: sqlite3.Connection, schema: str) -> int:
    (pages,) = connection.execute(f"PRAGMA {schema}.page_count").fetchone()
    (size,) = connection.execute(f"PRAGMA {schema}.page_size").fetchone()
    return int(pages) * int(size)
