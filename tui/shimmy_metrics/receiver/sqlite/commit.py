"""One commit: what is stored, what is a duplicate, what is recalled; decided from the ids that were seen alone."""

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from shimmy_metrics.receiver.columns import COLUMNS
from shimmy_metrics.receiver.sqlite.tables import CANARY_BYTES
from shimmy_metrics.receiver.store import Operation, Outcome, Recall, StoredRow

_ASKED_AT_ONCE: Final = 512

# With their names: a file of an earlier version has its newer columns at the end.
_NAMES: Final = ", ".join(("key", '"check"', *(f'"{column.name}"' for column in COLUMNS)))
_INSERT: Final = f"INSERT INTO main.reports ({_NAMES}) VALUES ({', '.join('?' * (2 + len(COLUMNS)))})"  # noqa: S608


class Seen(NamedTuple):
    """What is known of a key: the check of its bytes (None: never stored, or recalled), its day of arrival, its end."""

    check: bytes | None
    day: str
    recalled: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcomes in order, and what is to be written: rows by their keys, recalls with what was known of them."""

    outcomes: list[Outcome] = field(default_factory=list)
    rows: dict[bytes, StoredRow] = field(default_factory=dict)
    recalls: dict[bytes, Seen | None] = field(default_factory=dict)


def decide(connection: sqlite3.Connection, day: date, operations: Sequence[Operation]) -> Decided:
    """Decide what becomes of each, inside a transaction that keeps other writers out."""
    known = _known(connection, [key for each in operations for key in each.keys])
    decided = Decided()
    arrived = day.isoformat()
    for each in operations:
        decided.outcomes.append(_decide(each, known, arrived, decided))
    return decided


def insert(connection: sqlite3.Connection, day: date, rows: dict[bytes, StoredRow]) -> None:
    """Insert the rows of what arrived on `day`, and that they were seen."""
    # In the order of their keys, not of their arrival: what arrived together shall not lie together.
    ordered = [rows[key] for key in sorted(rows)]
    connection.executemany(_INSERT, [(row.key, row.check, *row.values) for row in ordered])
    arrived = day.isoformat()
    seen = [(row.key, row.check, arrived) for row in ordered]
    connection.executemany("INSERT INTO seen.seen VALUES (?, ?, ?, 0)", seen)


def note_recalls(connection: sqlite3.Connection, day: date, keys: Iterable[bytes]) -> None:
    """Note that these were recalled; nothing but that is kept of them."""
    connection.executemany(
        'INSERT INTO seen.seen VALUES (?, NULL, ?, 1) ON CONFLICT (key) DO UPDATE SET "check" = NULL, recalled = 1',
        [(key, day.isoformat()) for key in keys],
    )


def complete(connection: sqlite3.Connection, day: date) -> None:
    """Enter into the seen ids what a process that was killed between the two files' commits had stored on `day`.

    Each commit leaves the same mark in both files, so that this is seen without comparing millions of keys. Call it
    inside a transaction that keeps other writers out.
    """
    asked = "SELECT (SELECT mark FROM main.marks), (SELECT mark FROM seen.marks WHERE day = ?)"
    stored, seen = connection.execute(asked, (day.isoformat(),)).fetchone()
    if stored == seen:
        return
    connection.execute(
        'INSERT OR IGNORE INTO seen.seen SELECT key, "check", ?, 0 FROM main.reports WHERE length(key) < ?',
        (day.isoformat(), CANARY_BYTES),
    )
    mark(connection, day)


def mark(connection: sqlite3.Connection, day: date) -> None:
    """Leave the same new mark in both files."""
    made = secrets.token_bytes(8)
    connection.execute("INSERT OR REPLACE INTO main.marks VALUES (?, ?)", (day.isoformat(), made))
    connection.execute("INSERT OR REPLACE INTO seen.marks VALUES (?, ?)", (day.isoformat(), made))


def _known(connection: sqlite3.Connection, keys: list[bytes]) -> dict[bytes, Seen]:
    known: dict[bytes, Seen] = {}
    for start in range(0, len(keys), _ASKED_AT_ONCE):
        some = keys[start : start + _ASKED_AT_ONCE]
        # Filled up to a power of two: a statement for each number of keys would have to be prepared anew each time.
        some += some[-1:] * ((1 << (len(some) - 1).bit_length()) - len(some))
        asked = f'SELECT key, "check", day, recalled FROM seen.seen WHERE key IN ({", ".join("?" * len(some))})'  # noqa: S608
        for key, check, day, recalled in connection.execute(asked, some):
            known[key] = Seen(check, day, bool(recalled))
    return known


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
    known[key] = Seen(operation.check, day, recalled=False)
    return Outcome.STORED
