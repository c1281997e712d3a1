"""`Store` in files: append, aggregate, drop_day, find_canary, health.

What is a duplicate is told by the ids that were seen, and by the files of the days whose ids are not all among them
yet (`entering`). A commit locks the seen ids, whichever day it is for: over midnight too two processes take turns.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, suppress
from datetime import date, timedelta
from multiprocessing import get_context
from typing import Final

from shimmy_metrics.receiver.columns import day_of
from shimmy_metrics.receiver.folder import Folder, sync_folder
from shimmy_metrics.receiver.search import end_with_parent, places
from shimmy_metrics.receiver.sqlite.commit import Decided, Seen, decide, delete, insert, keys_of, note_recalls, stored
from shimmy_metrics.receiver.sqlite.entering import begin, enter_all
from shimmy_metrics.receiver.sqlite.errors import but_damaged, is_busy, store_errors
from shimmy_metrics.receiver.sqlite.seen import damaged_seen
from shimmy_metrics.receiver.sqlite.segments import FULL, Filling, FullSegments
from shimmy_metrics.receiver.sqlite.settle import ClosedDays, SettleTimes, settle
from shimmy_metrics.receiver.sqlite.tables import (
    CANARY_BYTES,
    canary_of,
    committed,
    connect,
    count_of,
    open_beside_seen,
    open_day,
    selected_columns,
    tables_of,
    write_back,
)
from shimmy_metrics.receiver.store import CLOSES_AFTER, Health, Operation, Outcome, Recall, StoredRow, StoreError, Value

DISK_FULL: Final = 0.95
"""The share of the disk in use from which on no report is taken."""


class SqliteStore:
    """The store in `folder`. One thread at a time appends, settles and closes; the rest may be called by others.

    Other processes may have the same folder. `disk_used` tells the share of the disk in use; a segment is full with
    `full` rows.
    """

    def __init__(self, folder: Folder, *, disk_used: Callable[[], float] | None = None, full: int = FULL) -> None:
        self._folder = folder
        self._disk_used = disk_used or (lambda: _share_used(folder))
        self._open: tuple[date, sqlite3.Connection] | None = None
        self._unsettled = False
        self._traces_left = False
        self._filling = Filling(full)
        self._segments: dict[str, FullSegments] = {}
        """Of each day that is not entered yet."""
        self._times = SettleTimes()
        self._closed_days = ClosedDays(folder)
        self._searcher: ProcessPoolExecutor | None = None

    def check(self) -> None:
        """Raise `StoreError` where nothing can be stored. A receiver asks before it takes the first report."""
        trouble = damaged_seen(self._folder)
        if trouble:
            raise StoreError(trouble)
        with store_errors():
            for day in list(self._folder.arrival_days())[-1:]:
                with but_damaged(), closing(open_beside_seen(self._folder, day.isoformat())) as connection:
                    connection.execute("BEGIN IMMEDIATE")

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        """Do all of it durably, as arrived on `day` (UTC), and return the outcomes in order. Raise `StoreError`."""
        if self._disk_used() >= DISK_FULL and any(isinstance(each, StoredRow) for each in operations):
            raise StoreError("the disk is almost full")
        with store_errors():
            try:
                return self._append(self._connection(day), day, operations)
            except (sqlite3.Error, OSError) as error:
                if not is_busy(error):
                    self._abandon()
                raise

    def settle(self, *, quiet: bool = True) -> None:
        """Rebuild files in the order of their keys, as far as that is due and cheap enough now. Raise `StoreError`.

        A writer calls it after each commit, and with `quiet` when nothing waits: the open day's file is rebuilt then.
        """
        if quiet and self._open is not None and not self._folder.day(self._open[0]).exists():
            self._abandon()  # dropped by another process: its bytes are on the disk for as long as it is open here
        if self._open is not None:
            with store_errors():
                self._filling.advance(self._open[1])
        begun = time.monotonic()
        if not self._times.due(begun):
            return
        try:
            with store_errors():
                if quiet and self._unsettled and self._open is not None:
                    self._settle_open(self._open[1])
                elif self._open is None or not self._closed_days.advance():
                    return
        finally:
            self._times.took(begun, time.monotonic())

    def close(self) -> None:
        """Settle what was written, and close the files. Raise `StoreError`."""
        self._end_search()
        if self._open is not None:
            _, connection = self._open
            self._open = None
            with closing(connection), store_errors():
                if self._unsettled:
                    self._settle_open(connection)

    def aggregate(self, week: date) -> Iterator[tuple[date, bool, tuple[Value, ...]]]:
        """Yield what the week that begins on Monday `week` holds: day, whether it arrived late, values."""
        inside = (week.isoformat(), (week + timedelta(days=6)).isoformat())
        for arrived in [each for each in self._folder.arrival_days() if each >= week - timedelta(days=1)]:
            unreadable = store_errors(f"what arrived on {arrived} cannot be read")
            with unreadable, closing(connect(self._folder.day(arrived))) as connection:
                connection.execute("BEGIN")
                names = selected_columns(connection)
                for table in tables_of(connection):
                    found = f'SELECT {names} FROM {table} WHERE length(key) < ? AND "day" BETWEEN ? AND ?'
                    for values in connection.execute(found, (CANARY_BYTES, *inside)):
                        yield day_of(values), arrived > week + CLOSES_AFTER, values

    def drop_day(self, day: date) -> bytes:
        """Drop everything that arrived on `day`, verify that it is gone, return its canary's 16 bytes.

        They are empty where the file was damaged: it is dropped all the same. Raise `StoreError` where nothing of that
        day is held, or it is not gone.
        """
        path = self._folder.day(day)
        if not path.exists():
            raise StoreError(f"nothing that arrived on {day} is held")
        canary = b""
        with store_errors():
            self._enter_if_possible(day)
        with suppress(sqlite3.Error), closing(connect(path)) as connection:
            canary = canary_of(connection) or b""
        with store_errors():
            for suffix in ("-wal", "-shm", ""):  # the day itself last: while it stands, this is tried again
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            sync_folder(self._folder.days)
        if path.exists():
            raise StoreError(f"what arrived on {day} is still there")
        return canary

    def _enter_if_possible(self, day: date) -> None:
        """Enter a day's ids. That needs room, and a sound file; the day goes without them, for it must be gone."""
        try:
            enter_all(self._folder, day)
        except (sqlite3.Error, OSError) as error:
            if is_busy(error):
                raise

    def find_canary(self, canary: bytes) -> list[str]:
        """Return the files that still hold these bytes. Raise `StoreError` where one cannot be read."""
        try:
            # In a process of its own: to close a database that this one has open would drop its locks (see `tables`),
            # and gigabytes are searched without a pause in answering.
            if self._searcher is None:
                self._searcher = ProcessPoolExecutor(1, get_context("spawn"), end_with_parent)
            return self._searcher.submit(places, self._folder.path, canary).result()
        except (OSError, BrokenProcessPool) as error:
            self._end_search()
            name = getattr(error, "filename", None) or self._folder.path
            raise StoreError(f"{name} cannot be searched") from None

    def health(self) -> Health:
        """Return whether reports can be taken, and what is held."""
        used = self._disk_used()
        reports: dict[date, int] = {}
        unreadable: list[date] = []
        reason = "the disk is almost full" if used >= DISK_FULL else ""
        for day in self._folder.arrival_days():
            try:
                with closing(connect(self._folder.day(day))) as connection:
                    reports[day] = count_of(connection)
            except (sqlite3.Error, OSError) as error:
                if self._folder.day(day).exists():  # not dropped at this moment
                    reports[day] = 0  # it is held all the same, and has to go when it is old enough
                    unreadable.append(day)
                    reason = f"what arrived on {day} cannot be read: {error}"
        reason = damaged_seen(self._folder) or reason
        return Health(not reason, reason, reports, used, tuple(unreadable))

    def _connection(self, day: date) -> sqlite3.Connection:
        if self._open is not None and self._open[0] != day:
            self._abandon()  # it is rebuilt by and by, and the day's first report does not wait for that
        if self._open is None:
            self._open = (day, open_day(self._folder, day.isoformat()))
            self._closed_days.before(day)
        return self._open[1]

    def _abandon(self) -> None:
        """Close the files as they are. After an error, what it left is found out by opening them anew."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def _append(self, connection: sqlite3.Connection, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        with committed(connection):
            others = begin(connection, day.isoformat())
            keys = keys_of(operations)
            decided = decide(connection, day, self._in_days(connection, day, others, keys), operations, keys)
            self._delete(connection, day, decided)
            insert(connection, decided.rows)
        self._filling.stored(len(decided.rows))
        if decided.rows or decided.recalls:
            self._unsettled = True
        if any(seen is not None for seen in decided.recalls.values()):
            self._traces_left = True
        if any(isinstance(each, Recall) for each in operations):
            self._remove_traces(connection)
        return decided.outcomes

    def _in_days(
        self, connection: sqlite3.Connection, day: date, others: Sequence[str], keys: Sequence[bytes]
    ) -> dict[bytes, Seen]:
        """Return what is known of these keys in the day's file, and in those of other days that were not dropped."""
        arrived = day.isoformat()
        self._segments = {each: self._segments.get(each) or FullSegments() for each in (*others, arrived)}
        known: dict[bytes, Seen] = {}
        for other in others:
            path = self._folder.day(date.fromisoformat(other))
            if path.exists():
                with but_damaged(), closing(connect(path)) as file:
                    file.execute("BEGIN")
                    known.update(stored(file, other, self._segments[other], keys))
        known.update(stored(connection, arrived, self._segments[arrived], keys))
        return known

    def _delete(self, connection: sqlite3.Connection, day: date, decided: Decided) -> None:
        """Delete what is recalled from every file that may have it: where it is not known, from all."""
        recalls = decided.recalls
        if not recalls:
            return
        delete(connection, recalls)
        for other in [each for each in self._folder.arrival_days() if each != day]:
            known = [key for key, seen in recalls.items() if seen is not None and seen.day == other.isoformat()]
            unknown = [key for key, seen in recalls.items() if seen is None]
            if known or unknown:
                with closing(connect(self._folder.day(other))) as older:
                    older.execute("BEGIN IMMEDIATE")
                    deleted = delete(older, known + unknown)
                    older.execute("COMMIT")
                    if known or deleted:
                        settle(older, "main")
        note_recalls(connection, day, recalls)

    def _remove_traces(self, connection: sqlite3.Connection) -> None:
        """Cut the logs, which have the pages as they were, and rebuild what a report was deleted from.

        Also after a recall that found nothing left to delete: this may have failed the last time.
        """
        if self._traces_left:
            # `secure_delete` misses a copy that a split has left in the gap of a page, of about one row in a thousand.
            self._settle_open(connection)
            self._traces_left = False
        else:
            for schema in ("main", "seen"):
                write_back(connection, schema)

    def _end_search(self) -> None:
        if self._searcher is not None:
            self._searcher.shutdown()
            self._searcher = None

    def _settle_open(self, connection: sqlite3.Connection) -> None:
        for schema in ("main", "seen"):
            settle(connection, schema)
        self._unsettled = False


def _share_used(folder: Folder) -> float:
    """Return what `df` says: the share in use of what is for everybody, without what is kept for root."""
    usage = shutil.disk_usage(folder.path)
    return usage.used / (usage.used + usage.free)
