"""What a column holds, as a value. A damaged file can hold any type anywhere, which SQLite does not see."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

Row = tuple[object, ...]
Record = TypeVar("Record")


def read_rows(rows: Iterable[Row], read: Callable[[Row], Record]) -> list[Record]:
    """Return each row as the record that `read` makes of it.

    Raise `sqlite3.DatabaseError` for a row that is none of ours: SQLite does not see damage within a value.
    """
    try:
        return [read(row) for row in rows]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        import sqlite3

        damaged = sqlite3.DatabaseError("a malformed row")
        damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damaged from error


def integer(value: object) -> int:
    """Return an INTEGER column. Raise `TypeError` for anything else."""
    if isinstance(value, int):
        return value
    raise TypeError


def blob(value: object) -> bytes:
    """Return a BLOB column. Raise `TypeError` for anything else."""
    if isinstance(value, bytes):
        return value
    raise TypeError


def moment(value: object) -> datetime:
    """Return a column that holds a time in UTC, as ISO 8601. Raise `ValueError` for anything else."""
    return datetime.fromisoformat(str(value))


def moment_or_none(value: object) -> datetime | None:
    """Return the same, or None for an empty column."""
    return moment(value) if value else None
