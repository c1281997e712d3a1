"""The day files as a spool: what waits in them for a cluster, and what was delivered and can go."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.errors import store_errors
from shimmy_metrics.receiver.sqlite.tables import (
    CANARY_BYTES,
    canary_of,
    connect,
    open_beside_seen,
    selected_columns,
    tables_of,
)
from shimmy_metrics.receiver.store import Value

_AT_ONCE: Final = 2_000
"""How many rows are deleted in one transaction: some 20 milliseconds, in which no report can be taken."""

# Their range is read, most of which they are; looked up one by one each would be sought in every table.
_THESE: Final = "FROM main.{} WHERE key BETWEEN :first AND :last AND +key IN (SELECT key FROM delivered)"
_ENTER: Final = f'INSERT OR IGNORE INTO seen.seen SELECT key, "check", :day, 0 {_THESE}'
_DELETE: Final = f"DELETE {_THESE}"


class Waiting(NamedTuple):
    """A report that waits: its key, and a value for each of the columns."""

    key: bytes
    values: tuple[Value, ...]


def waiting(folder: Folder, day: date, first: bytes, last: bytes, most: int) -> list[Waiting]:
    """Return up to `most` reports that arrived on `day`, in the order of their keys, from `first` to `last`."""
    path = folder.day(day)
    if not path.exists():
        return []
    with store_errors(), closing(connect(path)) as connection:
        names = selected_columns(connection)
        connection.execute("BEGIN")
        found = [
            connection.execute(
                f"SELECT key, {names} FROM {table} WHERE key BETWEEN ? AND ? AND length(key) < ? ORDER BY key LIMIT ?",
                (first, last, CANARY_BYTES, most),
            )
            for table in tables_of(connection)
        ]
        return [Waiting(key, tuple(values)) for key, *values in islice(merge(*found), most)]


def waits(folder: Folder, day: date, reports: int) -> bool:
    """Whether so many reports wait that arrived on `day`. Raise `StoreError`."""
    path = folder.day(day)
    if not path.exists():
        return False
    with store_errors(), closing(connect(path)) as connection:
        connection.execute("BEGIN")
        counts = [
            f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {reports + 1})" for table in tables_of(connection)
        ]
        # With the canary there is one row more.
        return sum(int(connection.execute(each).fetchone()[0]) for each in counts) > reports


def remove_delivered(folder: Folder, day: date, keys: Sequence[bytes]) -> None:
    """Remove reports that the cluster has; their ids stay, among those that were seen. Raise `StoreError`."""
    with store_errors(), closing(open_beside_seen(folder, day.isoformat())) as connection:
        rest: Iterator[bytes] = iter(keys)
        connection.execute("CREATE TEMP TABLE delivered (key BLOB PRIMARY KEY) WITHOUT ROWID")
        while some := [*islice(rest, _AT_ONCE)]:
            connection.execute("DELETE FROM delivered")
            connection.executemany("INSERT INTO delivered VALUES (?)", [(key,) for key in some])
            where = {"day": day.isoformat(), "first": min(some), "last": max(some)}
            # Two commits: one of both files could be cut short behind the day's.
            for statement in (_ENTER, _DELETE):
                connection.execute("BEGIN IMMEDIATE")
                for table in tables_of(connection):
                    connection.execute(statement.format(table), where)
                connection.execute("COMMIT")


def day_canary(folder: Folder, day: date) -> bytes | None:
    """Return the 16 bytes of a day's canary. Raise `StoreError`."""
    with store_errors(), closing(connect(folder.day(day))) as connection:
        return canary_of(connection)


def recalled(folder: Folder) -> dict[bytes, date]:
    """Return the keys of what was recalled in the last 16 days, with the day under which each is known."""
    if not folder.seen.exists():
        return {}
    with store_errors(), closing(connect(folder.seen)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'seen'").fetchone():
            return {}
        # Few are recalled of many: without an index each look would read them all.
        connection.execute("CREATE INDEX IF NOT EXISTS recalled ON seen (key) WHERE recalled = 1")
        found = connection.execute("SELECT key, day FROM seen WHERE recalled = 1")
        return {key: date.fromisoformat(day) for key, day in found}
