"""A day's file in segments: a report costs the same however many there are, and nothing else changes by it."""

import random
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from typing import Final

import pytest

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.search import holding
from shimmy_metrics.receiver.sqlite import spool
from shimmy_metrics.receiver.sqlite.settle import ClosedDays, SettleTimes, rewrite_after
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.sqlite.tables import connect, full_segments, write_back
from shimmy_metrics.receiver.store import Outcome, Recall, StoredRow, StoreError
from support.stored import DAY, MONDAY, held, row

NEXT: Final = DAY + timedelta(days=1)
FULL: Final = 64
_LIKE: Final = row()


def _rows(number: int) -> list[StoredRow]:
    return [_LIKE._replace(key=secrets.token_bytes(8), check=secrets.token_bytes(8)) for _ in range(number)]


def _append(store: SqliteStore, rows: list[StoredRow], *, together: int = 8) -> None:
    """Append them as the writer does, some at a time."""
    for start in range(0, len(rows), together):
        assert set(store.append(DAY, rows[start : start + together])) == {Outcome.STORED}
        store.settle(quiet=False)


@pytest.fixture
def store(folder: Folder) -> Iterator[SqliteStore]:
    """Yield a store whose segments are small."""
    with closing(SqliteStore(folder, disk_used=lambda: 0.1, full=FULL)) as made:
        yield made


def _segments(folder: Folder) -> dict[str, list[bytes]]:
    """Return the keys in each full segment of the day."""
    with closing(connect(folder.day(DAY))) as day:
        return {
            segment: [key for (key,) in day.execute(f"SELECT key FROM {segment} ORDER BY key")]
            for segment in full_segments(day)
        }


@pytest.mark.parametrize("in_parts", [True, False])
def test_the_pages_that_a_commit_writes_do_not_grow_with_the_day(folder: Folder, *, in_parts: bool) -> None:
    full = 1_000 if in_parts else 100_000
    with closing(SqliteStore(folder, full=full)) as store:
        _append(store, _rows(12_000), together=200)
        with closing(connect(folder.day(DAY))) as day:
            write_back(day, "main")
        _append(store, _rows(200), together=200)
        written = folder.day(DAY).with_name(f"{folder.day(DAY).name}-wal").stat().st_size // 4_096
    # 200 rows are in 7 pages. Here at most 40 pages take them, and 40 more are copied where it got full.
    assert written < 90 if in_parts else written > 130


def test_a_report_is_told_for_what_it_is_in_whichever_part_it_stands(store: SqliteStore, folder: Folder) -> None:
    rows = _rows(500)
    _append(store, rows)
    assert len(_segments(folder)) >= 5
    for _ in range(len(_segments(folder)) + 1):  # with each, one segment more is known
        assert set(store.append(DAY, rows)) == {Outcome.DUPLICATE}
        assert set(store.append(NEXT, rows)) == {Outcome.DUPLICATE}
    assert set(store.append(DAY, [each._replace(check=b"another!") for each in rows])) == {Outcome.CONFLICT}
    assert held(store) == 500
    assert store.health().reports[DAY] == 500


def test_of_what_two_processes_store_each_knows_the_other_s(store: SqliteStore, folder: Folder) -> None:
    rows, draw = _rows(600), random.Random(18)
    with closing(SqliteStore(folder, disk_used=lambda: 0.1, full=FULL)) as other:
        sent = [each for each in rows for _ in range(3)]
        draw.shuffle(sent)
        outcomes = []
        for start in range(0, len(sent), 6):
            mine = draw.choice((store, other))
            outcomes += mine.append(DAY, sent[start : start + 6])
            mine.settle(quiet=False)
        assert outcomes.count(Outcome.STORED) == 600
        assert outcomes.count(Outcome.DUPLICATE) == 1_200
        assert len(_segments(folder)) >= 6
        assert held(store) == held(other) == 600


def test_a_recalled_report_is_gone_from_a_full_part(store: SqliteStore, folder: Folder) -> None:
    rows = _rows(300)
    _append(store, rows)
    gone = [each for each in rows if each.key in next(iter(_segments(folder).values()))][:3]
    assert len(gone) == 3
    assert store.append(DAY, [Recall(each.key) for each in gone[:2]]) == [Outcome.RECALLED] * 2
    assert store.append(NEXT, [Recall(gone[2].key)]) == [Outcome.RECALLED]
    for each in gone:
        assert not list(holding(folder.path, each.check))
        assert not list(holding(folder.days, each.key))
    assert set(store.append(DAY, gone)) == {Outcome.RECALLED}
    assert held(store) == 297


def test_neither_the_rows_nor_the_names_of_full_segments_tell_an_order(store: SqliteStore, folder: Folder) -> None:
    arrays = [_rows(32) for _ in range(32)]
    for array in arrays:
        _append(store, array, together=32)
    with closing(connect(folder.day(DAY))) as day:
        write_back(day, "main")
    raw, segments = folder.day(DAY).read_bytes(), _segments(folder)
    assert len(segments) >= 10
    for keys in segments.values():
        places = [raw.rfind(key) for key in keys if len(key) == 8]
        # A page is filled from its end: one row after the other lies before it, but for the step to the next page.
        assert sum(one > other for one, other in pairwise(places)) > 0.9 * (len(places) - 1)
    assert all(len(segment) == len("reports_") + 16 for segment in segments)


def test_once_a_day_is_over_its_parts_are_one_table_in_the_order_of_its_keys(
    store: SqliteStore, folder: Folder
) -> None:
    rows = _rows(500)
    _append(store, rows)
    before = sorted(store.aggregate(MONDAY))
    closed = ClosedDays(folder, rows=50)
    closed.before(NEXT)
    pieces = 0
    while closed.advance():
        pieces += 1
        assert sorted(store.aggregate(MONDAY)) == before
        assert set(store.append(NEXT, rows)) == {Outcome.DUPLICATE}
    assert pieces > 10
    assert _segments(folder) == {}
    with closing(connect(folder.day(DAY))) as day:
        keys = {key for (key,) in day.execute("SELECT key FROM reports WHERE length(key) = 8")}
        (canaries,) = day.execute("SELECT count(*) FROM reports WHERE length(key) = 16").fetchone()
    assert keys == {each.key for each in rows}
    assert canaries == 1
    with closing(connect(folder.seen)) as seen:
        assert {key for (key,) in seen.execute("SELECT key FROM seen")} == keys


def test_who_reads_a_day_while_its_parts_become_one_table_reads_each_report_once(
    store: SqliteStore, folder: Folder
) -> None:
    _append(store, _rows(500))
    reading = store.aggregate(MONDAY)
    read = [next(reading) for _ in range(100)]
    with closing(connect(folder.day(DAY))) as day:
        key: bytes | None = b""
        while key is not None:
            key = rewrite_after(day, key, 50)
    assert _segments(folder) == {}
    assert len(read) + len(list(reading)) == 500


def test_a_process_that_knows_a_day_s_parts_is_not_misled_by_those_that_come_after_its_end(
    store: SqliteStore, folder: Folder
) -> None:
    """Another process closed the day, and it gets so many reports again that there are new segments."""
    first, second = _rows(3 * FULL), _rows(5 * FULL)
    _append(store, first)
    for _ in _segments(folder):  # with each, one segment more is known
        store.append(DAY, first)
    with closing(SqliteStore(folder, disk_used=lambda: 0.1, full=FULL)) as other:
        closed = ClosedDays(folder, rows=50)
        closed.before(NEXT)
        while closed.advance():
            pass
        _append(other, second)
        assert len(_segments(folder)) >= 3
        assert set(store.append(DAY, first + second)) == {Outcome.DUPLICATE}
    assert held(store) == 8 * FULL


def test_a_day_that_is_dropped_in_parts_leaves_its_canary_nowhere(store: SqliteStore, folder: Folder) -> None:
    rows = _rows(300)
    _append(store, rows)
    store.append(NEXT, _rows(1))
    canary = store.drop_day(DAY)
    assert len(canary) == 16
    assert store.find_canary(canary) == []
    assert set(store.append(NEXT, rows)) == {Outcome.DUPLICATE}


def test_what_waits_for_a_cluster_is_read_and_removed_from_all_parts(store: SqliteStore, folder: Folder) -> None:
    rows = sorted(_rows(500))
    _append(store, random.Random(18).sample(rows, 500))
    keys = [each.key for each in rows]
    assert [each.key for each in spool.waiting(folder, DAY, bytes(8), b"\xff" * 8, 200)] == keys[:200]
    assert [each.key for each in spool.waiting(folder, DAY, keys[300], keys[399], 200)] == keys[300:400]
    assert [spool.waits(folder, DAY, number) for number in (1, 500, 501)] == [True, True, False]
    spool.remove_delivered(folder, DAY, keys[:400:2])
    assert [each.key for each in spool.waiting(folder, DAY, bytes(8), b"\xff" * 8, 999)] == [
        *keys[1:400:2],
        *keys[400:],
    ]
    assert set(store.append(NEXT, rows)) == {Outcome.DUPLICATE}
    assert len(spool.day_canary(folder, DAY) or b"") == 16


def test_a_file_that_an_earlier_version_filled_is_read_and_filled_on(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SettleTimes, "due", lambda *_: False)
    rows = _rows(5 * FULL)
    with closing(SqliteStore(folder)) as earlier:
        _append(earlier, rows)
    later = _rows(3 * FULL)
    _append(store, later)
    assert _segments(folder) == {}  # to copy it would take too long
    assert set(store.append(DAY, rows + later)) == {Outcome.DUPLICATE}
    assert held(store) == 8 * FULL


def test_a_column_that_is_newer_is_added_to_each_part(store: SqliteStore, folder: Folder) -> None:
    _append(store, _rows(300))
    expected = list(store.aggregate(MONDAY))
    store.close()
    with closing(connect(folder.day(DAY))) as day:
        for table in ("reports", *full_segments(day)):
            day.execute(f"ALTER TABLE {table} DROP COLUMN gpu_vendor")
    read = list(store.aggregate(MONDAY))
    assert read[0][2].count(None) == expected[0][2].count(None) + 1
    _append(store, _rows(300))
    assert len(list(store.aggregate(MONDAY))) == 600


def test_a_copying_that_fails_changes_nothing_and_is_tried_again(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _rows(FULL)
    with monkeypatch.context() as patched:
        patched.setattr("shimmy_metrics.receiver.sqlite.segments._begin_anew", _fail_behind_the_copy)
        store.append(DAY, rows)
        with pytest.raises(StoreError, match="disk I/O error"):
            store.settle(quiet=False)
    assert _segments(folder) == {}
    assert held(store) == FULL
    _append(store, _rows(FULL))
    assert len(_segments(folder)) >= 1
    assert set(store.append(DAY, rows)) == {Outcome.DUPLICATE}


def _fail_behind_the_copy(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE main.reports_of_a_part AS SELECT * FROM main.reports")
    raise sqlite3.OperationalError("disk I/O error")


_STORES: Final = """
import secrets, sys
from datetime import date
from pathlib import Path
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.columns import COLUMNS
from shimmy_metrics.receiver.store import StoredRow
store = SqliteStore(Folder(Path(sys.argv[1])), full=64)
values = (sys.argv[2], *[None] * (len(COLUMNS) - 1))
while True:
    rows = [StoredRow(secrets.token_bytes(8), secrets.token_bytes(8), values) for _ in range(16)]
    store.append(date.fromisoformat(sys.argv[2]), rows)
    print("".join(each.key.hex() for each in rows), flush=True)
    store.settle(quiet=False)
"""


def test_what_a_killed_process_stored_stands_once_wherever_its_copying_was(folder: Folder) -> None:
    stored: set[bytes] = set()
    for lines in (21, 34, 55, 89):
        with subprocess.Popen(
            [sys.executable, "-c", _STORES, str(folder.path), DAY.isoformat()], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(lines):
                line = process.stdout.readline().strip()
                stored |= {bytes.fromhex(line[at : at + 16]) for at in range(0, len(line), 16)}
            process.kill()
            for line in process.stdout.read().splitlines():
                stored |= {bytes.fromhex(line[at : at + 16]) for at in range(0, len(line), 16)}
    with closing(connect(folder.day(DAY))) as day:
        assert len(full_segments(day)) > 10
        kept = [key for table in ("reports", *full_segments(day)) for (key,) in day.execute(f"SELECT key FROM {table}")]
    assert len(kept) == len(set(kept))
    assert stored <= set(kept)
    assert len(kept) - len(stored) <= 1 + 4 * 16  # the canary, and of each process one commit that it did not tell
