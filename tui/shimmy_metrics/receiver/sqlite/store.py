"""`Store` in files: append, aggregate, drop_day, find_canary, health.

The ids that were seen tell alone what is a duplicate. A commit writes the day's file first and the seen ids after it;
where a process dies between the two, the next start enters what the newest day has and the seen ids lack.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from typing import Final

from shimmy_metrics.receiver.columns import COLUMNS, day_of
from shimmy_metrics.receiver.folder import Folder, sync_folder
from shimmy_metrics.receiver.search import holding
from shimmy_metrics.receiver.sqlite.settle import SettleTimes, settle
from shimmy_metrics.receiver.sqlite.tables import CANARY_BYTES, connect, open_day
from shimmy_metrics.receiver.store import Health, Operation, Outcome, Recall, StoredRow, StoreError, Value

SEEN_DAYS: Final = 16
"""A sender keeps a report for 14 days; its id is known for two more."""

DISK_FULL: Final = 0.95
"""The share of the disk in use from which on nothing is taken."""

CLOSES_AFTER: Final = timedelta(days=7)
"""A week closes with the Monday after it: what was sealed on Sunday may arrive then."""

_ASKED_AT_ONCE: Final = 500

_INSERT: Final = f"INSERT INTO main.reports VALUES ({', '.join('?' * (2 + len(COLUMNS)))})"  # noqa: S608 - blanks alone

Known = dict[bytes, tuple[bytes | None, str, bool]]
"""What is known of a key: the check of its bytes (None: never seen), its day of arrival, whether it was recalled."""


class SqliteStore:
    """The store in `folder`. `append` is called by one thread at a time; other processes may have the same folder.

    `disk_used` tells the share of the disk in use.
    """

    def __init__(self, folder: Folder, *, disk_used: Callable[[], float] | None = None) -> None:
        self._folder = folder
        self._disk_used = disk_used or (lambda: _share_used(folder))
        self._open: tuple[date, sqlite3.Connection] | None = None
        self._settling = SettleTimes()
        self._unsettled = 0

    def reconcile(self) -> None:
        """Enter into the seen ids what a process that was killed between two commits had stored.

        A receiver calls it before it takes the first report. Raise `StoreError`.
        """
        with _told():
            for day in list(self._folder.arrival_days())[-2:]:
                with closing(open_day(self._folder, day.isoformat())) as connection:
                    connection.execute(
                        'INSERT OR IGNORE INTO seen.seen SELECT key, "check", ?, 0 FROM main.reports '
                        "WHERE length(key) < ?",
                        (day.isoformat(), CANARY_BYTES),
                    )

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        """Do all of it durably, as arrived on `day` (UTC), and return the outcomes in order. Raise `StoreError`."""
        if self._disk_used() >= DISK_FULL:
            raise StoreError("the disk is almost full")
        with _told():
            return self._append(self._connection(day), day, operations)

    def settle(self) -> None:
        """Rebuild in the order of their keys what was written since the last time, where that is cheap enough now.

        A writer calls it when nothing waits. Raise `StoreError`.
        """
        if self._open is None or not self._unsettled or not self._settling.due(time.monotonic()):
            return
        with _told():
            begun = time.monotonic()
            if settle(self._open[1]):
                self._unsettled = 0
            self._settling.took(begun, time.monotonic())

    def close(self) -> None:
        """Settle what was written, and close the files."""
        if self._open is not None:
            _, connection = self._open
            self._open = None
            with closing(connection), _told():
                if self._unsettled:
                    settle(connection)

    def aggregate(self, week: date) -> Iterator[tuple[date, bool, tuple[Value, ...]]]:
        """Yield what the week that begins on Monday `week` holds: day, whether it arrived late, values."""
        inside = (week.isoformat(), (week + timedelta(days=6)).isoformat())
        for arrived in [each for each in self._folder.arrival_days() if each >= week - timedelta(days=1)]:
            with _told(), closing(connect(self._folder.day(arrived))) as connection:
                columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(reports)")}
                names = ", ".join(f'"{each.name}"' if each.name in columns else "NULL" for each in COLUMNS)
                found = f'SELECT {names} FROM reports WHERE length(key) < ? AND "day" BETWEEN ? AND ?'  # noqa: S608
                for values in connection.execute(found, (CANARY_BYTES, *inside)):
                    yield day_of(values), arrived > week + CLOSES_AFTER, values

    def drop_day(self, day: date) -> bytes:
        """Drop everything that arrived on `day`, verify that it is gone, return its canary's 16 bytes.

        Raise `StoreError` where that cannot be verified.
        """
        path = self._folder.day(day)
        with _told():
            if self._open is not None and self._open[0] == day:
                self.close()
            with closing(connect(path)) as connection:
                row = connection.execute("SELECT key FROM reports WHERE length(key) = ?", (CANARY_BYTES,)).fetchone()
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            sync_folder(self._folder.days)
            self._forget_seen(day - timedelta(days=SEEN_DAYS - 8))
        canary: bytes = row[0] if row is not None else b""
        if path.exists() or (canary and self.find_canary(canary)):
            raise StoreError(f"what arrived on {day} is still there")
        return canary

    def find_canary(self, canary: bytes) -> list[str]:
        """Return the files that still hold these bytes. Raise `StoreError` where one cannot be read."""
        try:
            return [str(path) for path in holding(self._folder.path, canary)]
        except OSError as error:
            raise StoreError(f"{error.filename} cannot be searched") from None

    def health(self) -> Health:
        """Return whether reports can be taken, and what is held."""
        used = self._disk_used()
        reports: dict[date, int] = {}
        try:
            for day in self._folder.arrival_days():
                with closing(connect(self._folder.day(day))) as connection:
                    (held,) = connection.execute(
                        "SELECT count(*) FROM reports WHERE length(key) < ?", (CANARY_BYTES,)
                    ).fetchone()
                    reports[day] = held
        except (sqlite3.Error, OSError) as error:
            return Health(ready=False, reason=f"the store cannot be read: {error}", reports=reports, disk_used=used)
        full = used >= DISK_FULL
        return Health(not full, "the disk is almost full" if full else "", reports, used)

    def _connection(self, day: date) -> sqlite3.Connection:
        if self._open is not None and self._open[0] != day:
            self.close()
        if self._open is None:
            self._open = (day, open_day(self._folder, day.isoformat()))
        return self._open[1]

    def _append(self, connection: sqlite3.Connection, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            known = _known(connection, [key for each in operations for key in each.keys])
            rows: dict[bytes, StoredRow] = {}
            recalls: list[bytes] = []
            outcomes = [_decide(each, known, day, rows, recalls) for each in operations]
            if recalls:
                self._delete(connection, day, recalls, known, rows)
            _insert(connection, day, rows)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._unsettled += len(rows) + len(recalls)
        if recalls:
            self._empty_logs(connection)
        return outcomes

    def _delete(
        self,
        connection: sqlite3.Connection,
        day: date,
        recalls: list[bytes],
        known: Known,
        rows: dict[bytes, StoredRow],
    ) -> None:
        for key in recalls:
            rows.pop(key, None)
            _, arrived, _ = known[key]
            if arrived == day.isoformat():
                connection.execute("DELETE FROM main.reports WHERE key = ?", (key,))
            elif self._folder.day(date.fromisoformat(arrived)).exists():
                with closing(connect(self._folder.day(date.fromisoformat(arrived)))) as older:
                    older.execute("DELETE FROM reports WHERE key = ?", (key,))
                    older.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.executemany(
            "INSERT INTO seen.seen VALUES (?, NULL, ?, 1) ON CONFLICT (key) DO UPDATE SET recalled = 1",
            [(key, day.isoformat()) for key in recalls],
        )

    def _empty_logs(self, connection: sqlite3.Connection) -> None:
        """Take the old pages of a deleted row out of the logs as well."""
        for schema in ("main", "seen"):
            connection.execute(f"PRAGMA {schema}.wal_checkpoint(TRUNCATE)")

    def _forget_seen(self, before: date) -> None:
        with closing(connect(self._folder.seen)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'seen'").fetchone():
                connection.execute("DELETE FROM seen WHERE day < ?", (before.isoformat(),))
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _known(connection: sqlite3.Connection, keys: list[bytes]) -> Known:
    known: Known = {}
    for start in range(0, len(keys), _ASKED_AT_ONCE):
        some = keys[start : start + _ASKED_AT_ONCE]
        asked = f'SELECT key, "check", day, recalled FROM seen.seen WHERE key IN ({", ".join("?" * len(some))})'  # noqa: S608
        known |= {key: (check, day, bool(recalled)) for key, check, day, recalled in connection.execute(asked, some)}
    return known


def _decide(
    operation: Operation, known: Known, day: date, rows: dict[bytes, StoredRow], recalls: list[bytes]
) -> Outcome:
    """Return the outcome, and put what is to be written into `rows` or `recalls`."""
    key = next((each for each in operation.keys if each in known), operation.key)
    check, arrived, recalled = known.get(key, (None, day.isoformat(), False))
    if isinstance(operation, Recall):
        if not recalled:
            recalls.append(key)
            known[key] = (check, arrived, True)
        return Outcome.RECALLED
    if recalled:
        return Outcome.RECALLED
    if check is not None:
        own = dict(((operation.key, operation.check), *operation.older))[key]
        return Outcome.DUPLICATE if check == own else Outcome.CONFLICT
    rows[operation.key] = operation
    known[operation.key] = (operation.check, arrived, False)
    return Outcome.STORED


def _insert(connection: sqlite3.Connection, day: date, rows: dict[bytes, StoredRow]) -> None:
    # In the order of their keys, not of their arrival: what arrived together shall not lie together.
    ordered = [rows[key] for key in sorted(rows)]
    connection.executemany(_INSERT, [(row.key, row.check, *row.values) for row in ordered])
    seen = [(row.key, row.check, day.isoformat()) for row in ordered]
    connection.executemany("INSERT INTO seen.seen VALUES (?, ?, ?, 0)", seen)


@contextmanager
def _told() -> Iterator[None]:
    """Tell an error of the database or the disk as `StoreError`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(str(error)) from error


def _share_used(folder: Folder) -> float:
    usage = shutil.disk_usage(folder.path)
    return 1 - usage.free / usage.total
