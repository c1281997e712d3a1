"""One commit: what is stored, what is a duplicate, what is recalled.

That is decided from the ids that were seen, and from the files of the days whose ids are not all among them yet.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

from shimmy_metrics.receiver.columns import COLUMNS
from shimmy_metrics.receiver.sqlite.segments import FullSegments
from shimmy_metrics.receiver.sqlite.tables import tables_of
from shimmy_metrics.receiver.store import Operation, Outcome, Recall, StoredRow

_ASKED_AT_ONCE: Final = 512

_blob: Final = bytearray
"""What bytes are bound as: for each `bytes` Python's sqlite3 looks for an adapter, which takes longer than to find the
key or to insert it, for a `bytearray` it does not."""

_STORED: Final = Outcome.STORED
"""Python 3.11 looks an enum's member up by a function of its own, which every row would pay for."""

# With their names: a file of an earlier version has its newer columns at the end.
_NAMES: Final = ", ".join(("key", '"check"', *(f'"{column.name}"' for column in COLUMNS)))
_INSERT: Final = f"INSERT INTO main.reports ({_NAMES}) VALUES ({', '.join('?' * (2 + len(COLUMNS)))})"


class Seen(NamedTuple):
    """What is known of a key: the check of its bytes (None: never stored, or recalled), its day of arrival, its end."""

    check: bytes | None
    day: str
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcomes in order, and what is to be written: rows by their keys, recalls with what was known of them."""

    outcomes: list[Outcome] = field(default_factory=list)
    rows: dict[bytes, StoredRow] = field(default_factory=dict)
    recalls: dict[bytes, Seen | None] = field(default_factory=dict)


def decide(
    connection: sqlite3.Connection,
    day: date,
    in_days: Mapping[bytes, Seen],
    operations: Sequence[Operation],
    keys: Sequence[bytes],
) -> Decided:
    """Decide what becomes of each, inside a transaction that keeps other writers out.

    `in_days` is what was found in the files of the days that are to be asked, `keys` are `keys_of(operations)`.
    """
    arrived = day.isoformat()
    known = dict(in_days)
    for key, check, seen_on, recalled in _found(connection, 'SELECT key, "check", day, recalled FROM seen.seen', keys):
        known[key] = Seen(check, seen_on, bool(recalled))
    decided = Decided()
    for each in operations:
        decided.outcomes.append(_decide(each, known, arrived, decided))
    return decided


def keys_of(operations: Iterable[Operation]) -> list[bytes]:
    """Return every key under which something of this may be known."""
    return [key for each in operations for key in each.keys]


def stored(
    connection: sqlite3.Connection, day: str, full: FullSegments, keys: Sequence[bytes]
) -> Iterator[tuple[bytes, Seen]]:
    """Yield what a day's file has of these; `full` is what is known of its full segments."""
    for table, some in full.to_ask(connection, keys):
        for key, check in _found(connection, f'SELECT key, "check" FROM main.{table}', some):
            yield key, Seen(check, day)


def insert(connection: sqlite3.Connection, rows: Mapping[bytes, StoredRow]) -> None:
    """Insert these rows."""
    # In the order of their keys, not of their arrival: what arrived together shall not lie together.
    ordered = [rows[key] for key in sorted(rows)]
    connection.executemany(_INSERT, [(_blob(row.key), _blob(row.check), *row.values) for row in ordered])


def delete(connection: sqlite3.Connection, keys: Iterable[bytes]) -> int:
    """Delete the rows of these from a day's file, inside a transaction; return how many there were."""
    each = [(key,) for key in keys]
    return sum(
        connection.executemany(f"DELETE FROM main.{table} WHERE key = ?", each).rowcount
        for table in tables_of(connection)
    )


def note_recalls(connection: sqlite3.Connection, day: date, keys: Iterable[bytes]) -> None:
    """Note that these were recalled; nothing but that is kept of them."""
    connection.executemany(
        'INSERT INTO seen.seen VALUES (?, NULL, ?, 1) ON CONFLICT (key) DO UPDATE SET "check" = NULL, recalled = 1',
        [(key, day.isoformat()) for key in keys],
    )


def _found(connection: sqlite3.Connection, select: str, keys: Sequence[bytes]) -> Iterator[Any]:
    for start in range(0, len(keys), _ASKED_AT_ONCE):
        some = [*map(_blob, keys[start : start + _ASKED_AT_ONCE])]
        # Filled up to a power of two: a statement for each number of keys would have to be prepared anew each time.
        some += some[-1:] * ((1 << (len(some) - 1).bit_length()) - len(some))
        yield from connection.execute(f"{select} WHERE key IN ({', '.join('?' * len(some))})", some)


def _decide(operation: Operation, known: dict[bytes, Seen], day: str, decided: Decided) -> Outcome:
    """Return the outcome, and note what is to be written. What the commit has decided already counts as known."""
    key = next((each for each in operation.keys if each in known), operation.key) if operation.older else operation.key
    seen = known.get(key)
    if seen is not None and seen.recalled:
        return Outcome.RECALLED
    if isinstance(operation, Recall):
        decided.rows.pop(key, None)
        decided.recalls[key] = seen
        known[key] = Seen(None, day, recalled=True)
        return Outcome.RECALLED
    if seen is not None:
        own = dict(((operation.key, operation.check), *operation.older))[key]
        return Outcome.DUPLICATE if seen.check == own else Outcome.CONFLICT
    decided.rows[key] = operation
    known[key] = Seen(operation.check, day)
    return _STORED
