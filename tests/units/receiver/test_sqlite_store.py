"""The store in files: once and for good, recalled without a trace, in no order that tells who came with whom."""

import uuid
from contextlib import closing
from datetime import timedelta
from typing import Final

import pytest

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.row import recall_of
from shimmy_metrics.receiver.search import holding
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.sqlite.tables import connect
from shimmy_metrics.receiver.store import Outcome, Recall, StoreError
from support.stored import DAY, HASHING, MONDAY, held, row

ROTATED: Final = (bytes(range(32, 64)), *HASHING)


def test_a_report_is_stored_once_and_told_for_what_it_is(store: SqliteStore) -> None:
    first = row()
    other = first._replace(check=b"another!")
    assert store.append(DAY, [first, first, other]) == [Outcome.STORED, Outcome.DUPLICATE, Outcome.CONFLICT]
    assert store.append(DAY + timedelta(days=1), [first, other]) == [Outcome.DUPLICATE, Outcome.CONFLICT]
    assert held(store) == 1


def test_a_recalled_report_is_in_no_file_and_comes_back_in_none(store: SqliteStore, folder: Folder) -> None:
    first, second = row(), row()
    store.append(DAY, [first, second])
    assert list(holding(folder.path, first.check))
    later = DAY + timedelta(days=1)
    assert store.append(later, [Recall(first.key), Recall(first.key)]) == [Outcome.RECALLED] * 2
    assert held(store) == 1
    assert not list(holding(folder.days, first.key))
    assert not list(holding(folder.days, first.check))
    assert store.append(later, [first]) == [Outcome.RECALLED]
    unknown = recall_of(str(uuid.uuid4()), HASHING)
    assert store.append(later, [unknown, row()]) == [Outcome.RECALLED, Outcome.STORED]


def test_a_report_and_its_recall_may_come_in_one_commit(store: SqliteStore) -> None:
    first = row()
    assert store.append(DAY, [first, Recall(first.key), first]) == [
        Outcome.STORED,
        Outcome.RECALLED,
        Outcome.RECALLED,
    ]
    assert held(store) == 0


def test_a_week_is_by_the_reports_own_days_and_what_comes_after_it_closed_is_late(store: SqliteStore) -> None:
    sunday, next_monday = MONDAY + timedelta(days=6), MONDAY + timedelta(days=7)
    store.append(sunday, [row(day=sunday), row(day=MONDAY - timedelta(days=1))])
    store.append(next_monday, [row(day=sunday), row(day=next_monday)])
    store.append(next_monday + timedelta(days=1), [row(day=sunday)])
    assert sorted((day, late) for day, late, _ in store.aggregate(MONDAY)) == [
        (sunday, False),
        (sunday, False),
        (sunday, True),
    ]


def test_a_dropped_day_is_gone_with_its_canary_and_its_ids_are_known_on(store: SqliteStore, folder: Folder) -> None:
    first = row()
    store.append(DAY, [first])
    store.append(DAY + timedelta(days=1), [row()])
    canary = store.drop_day(DAY)
    assert len(canary) == 16
    assert list(folder.arrival_days()) == [DAY + timedelta(days=1)]
    assert store.find_canary(canary) == []
    assert store.append(DAY + timedelta(days=1), [first]) == [Outcome.DUPLICATE]


def test_a_row_that_was_deleted_instead_of_its_file_is_found(store: SqliteStore, folder: Folder) -> None:
    store.append(DAY, [row()])
    with closing(connect(folder.day(DAY))) as day:
        (canary,) = day.execute("SELECT key FROM reports WHERE length(key) = 16").fetchone()
        day.execute("PRAGMA secure_delete = OFF")
        day.execute("DELETE FROM reports")
        day.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folder.day(DAY).rename(folder.path / "old.backup")
    assert store.find_canary(canary) == [str(folder.path / "old.backup")]


def test_on_a_disk_that_is_almost_full_nothing_is_taken(folder: Folder) -> None:
    used = 0.5
    with closing(SqliteStore(folder, disk_used=lambda: used)) as store:
        first = row()
        store.append(DAY, [first])
        used = 0.95
        with pytest.raises(StoreError):
            store.append(DAY, [row()])
        assert not store.health().ready
        used = 0.9
        assert store.health().ready
        assert store.health().reports == {DAY: 1}
        assert store.append(DAY, [first, row()]) == [Outcome.DUPLICATE, Outcome.STORED]


def test_after_a_new_hashing_key_what_arrived_under_the_old_one_is_known(store: SqliteStore) -> None:
    one, other = str(uuid.uuid4()), str(uuid.uuid4())
    store.append(DAY, [row(one), row(other)])
    again = [row(one, hashing=ROTATED), row(one, hashing=ROTATED, total_tokens_generated=7)]
    assert store.append(DAY, again) == [Outcome.DUPLICATE, Outcome.CONFLICT]
    assert store.append(DAY, [recall_of(other, ROTATED), row(other, hashing=ROTATED)]) == [Outcome.RECALLED] * 2
    assert held(store) == 1
