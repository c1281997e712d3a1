"""Which reports came in one array does not show in the receiver's files, small or large, and takes little time."""

import random
import sqlite3
import uuid
from contextlib import closing
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.settle import ClosedDays, SettleTimes, rewrite_after, settle
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.sqlite.tables import connect
from shimmy_metrics.receiver.store import Recall, StoredRow
from support.stored import DAY, MONDAY, row

NEXT: Final = DAY + timedelta(days=1)
ARRAYS: Final = 32
LIKE_CHANCE: Final = 1.7
"""Of 1,024 neighbours 32 came in one array by chance: four standard deviations above that."""


def _append_arrays(store: SqliteStore, day: date = DAY) -> list[list[StoredRow]]:
    draw = random.Random(18)
    ids = [[str(uuid.UUID(int=draw.getrandbits(128), version=4)) for _ in range(32)] for _ in range(ARRAYS)]
    arrays = [[row(report_id) for report_id in array] for array in ids]
    for array in arrays:
        store.append(day, array)
    return arrays


def _times_chance(path: Path, arrays: list[list[StoredRow]]) -> float:
    """Return how often neighbours in a raw file came in the same array, as a multiple of chance; 0 for few rows."""
    raw = path.read_bytes()
    found = sorted((raw.find(each.key), number) for number, array in enumerate(arrays) for each in array)
    same = [one == other for (at, one), (_, other) in pairwise(found) if at >= 0]
    return sum(same) / len(same) * len(arrays) if len(same) > len(arrays) else 0


@pytest.mark.parametrize("settled", [True, False])
def test_which_reports_came_in_one_array_does_not_show_in_the_files(folder: Folder, *, settled: bool) -> None:
    with closing(SqliteStore(folder)) as store:
        arrays = _append_arrays(store)
        if settled:
            store.settle()
        times = {path.name: _times_chance(path, arrays) for path in folder.path.rglob("*.db*")}
        # Without the rebuilding they lie together: a test that could not see that would be none.
        assert max(times.values()) < LIKE_CHANCE if settled else max(times.values()) > 10, times
        assert (times[folder.day(DAY).name] > 0) is settled


def _canary(path: Path) -> bytes:
    with closing(connect(path)) as file:
        found: bytes = file.execute("SELECT key FROM reports WHERE length(key) = 16").fetchone()[0]
        return found


def test_a_large_day_is_rewritten_piece_by_piece_once_it_is_over(folder: Folder) -> None:
    path = folder.day(DAY)
    with closing(SqliteStore(folder)) as store:
        arrays = _append_arrays(store)
        before, canary = sorted(store.aggregate(MONDAY)), _canary(path)
        closed = ClosedDays(folder, most_bytes=0, rows=300)
        closed.before(NEXT)
        assert closed.advance()
        assert not _is_marked(path)
        while closed.advance():
            pass
        assert _is_marked(path)
        assert 0 < _times_chance(path, arrays) < LIKE_CHANCE
        assert sorted(store.aggregate(MONDAY)) == before
        assert _canary(path) == canary
        again = ClosedDays(folder, most_bytes=0)
        again.before(NEXT)
        assert [again.advance(), again.advance()] == [True, False]


def _is_marked(path: Path) -> bool:
    with closing(connect(path)) as file:
        return bool(file.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("rows", [1, 7, 100, 10_000])
def test_a_rewriting_loses_no_row_however_many_it_takes_at_once(folder: Folder, rows: int) -> None:
    with closing(SqliteStore(folder)) as store:
        store.append(DAY, [row() for _ in range(200)])
        with closing(connect(folder.day(DAY))) as file:
            before = file.execute("SELECT * FROM reports").fetchall()
            key: bytes | None = b""
            while key is not None:
                key = rewrite_after(file, key, rows)
            assert file.execute("SELECT * FROM reports").fetchall() == before


def test_of_a_rewriting_that_sqlite_has_rolled_back_the_first_error_is_told(folder: Folder) -> None:
    with closing(SqliteStore(folder)) as store:
        _append_arrays(store)
        before = sorted(store.aggregate(MONDAY))
        with closing(connect(folder.day(DAY))) as connection:
            full = "SELECT RAISE(ROLLBACK, 'database or disk is full')"
            connection.execute(f"CREATE TRIGGER full BEFORE INSERT ON reports BEGIN {full}; END")
            with pytest.raises(sqlite3.Error, match="disk is full"):
                rewrite_after(connection, b"")
        assert sorted(store.aggregate(MONDAY)) == before


def test_what_a_day_had_left_open_is_rebuilt_on_the_next(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SettleTimes, "due", lambda *_: True)
    with closing(SqliteStore(folder)) as store:
        arrays = _append_arrays(store)
        store.append(NEXT, [row()])
        while not _is_marked(folder.day(DAY)):
            store.settle(quiet=False)
        assert 0 < _times_chance(folder.day(DAY), arrays) < LIKE_CHANCE


def test_what_another_process_stores_behind_a_day_s_rebuilding_is_rebuilt_too(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SettleTimes, "due", lambda *_: True)
    with closing(SqliteStore(folder)) as store, closing(SqliteStore(folder)) as ahead:
        store.append(DAY, [row()])
        ahead.append(NEXT, [row()])
        while not _is_marked(folder.day(DAY)):
            ahead.settle(quiet=False)
        arrays = _append_arrays(store)
        store.append(NEXT, [row()])
        for _ in range(3):
            store.settle(quiet=False)
        assert 0 < _times_chance(folder.day(DAY), arrays) < LIKE_CHANCE


def test_a_dropped_day_is_not_made_again_by_its_rebuilding(folder: Folder) -> None:
    with closing(SqliteStore(folder)) as store:
        store.append(DAY, [row()])
        closed = ClosedDays(folder)
        closed.before(NEXT)
        store.drop_day(DAY)
        assert [closed.advance(), closed.advance()] == [True, False]
        assert list(folder.arrival_days()) == []


def test_a_damaged_day_keeps_no_other_from_being_rebuilt(folder: Folder) -> None:
    with closing(SqliteStore(folder)) as store:
        store.append(DAY, [row()])
    folder.day(MONDAY).write_bytes(b"no database at all, and long enough to be looked at" * 100)
    closed = ClosedDays(folder)
    closed.before(NEXT)
    with pytest.raises(sqlite3.DatabaseError):
        closed.advance()
    assert closed.advance()
    assert _is_marked(folder.day(DAY))


def test_a_large_file_is_not_rebuilt_while_its_day_lasts_but_its_log_is_cut(folder: Folder) -> None:
    with closing(SqliteStore(folder)) as store:
        store.append(DAY, [row()])
        with closing(connect(folder.day(DAY))) as file:
            assert not settle(file, "main", most_bytes=0)
            assert settle(file, "main")
        log = folder.day(DAY).with_name(f"{folder.day(DAY).name}-wal")
        assert log.stat().st_size == 0


@pytest.mark.thorough
def test_of_recalled_reports_no_byte_is_left_wherever_pages_were_split(folder: Folder) -> None:
    """With this seed `secure_delete` alone leaves two checks in the gaps of pages."""
    draw, like = random.Random(0), row()

    def new() -> StoredRow:
        return like._replace(key=draw.randbytes(8), check=draw.randbytes(8))

    rows = [new() for _ in range(8_000)]
    with closing(SqliteStore(folder)) as store:
        for start in range(0, len(rows), 40):
            store.append(DAY, rows[start : start + 40])
            if start == 4_000:
                store.settle()
        gone = draw.sample(rows, 2_000)
        for start in range(0, len(gone), 50):
            store.append(DAY, [*(Recall(each.key) for each in gone[start : start + 50]), *(new() for _ in range(4))])
        kept = b"".join(path.read_bytes() for path in folder.path.rglob("*") if path.is_file())
        assert not [each for each in gone if each.check in kept]
        days = b"".join(path.read_bytes() for path in folder.days.iterdir())
        assert not [each for each in gone if each.key in days]
        left = {each.check for each in rows} - {each.check for each in gone}
        assert all(check in kept for check in draw.sample(sorted(left), 100))


def test_rebuilding_takes_a_twentieth_of_the_time_at_most() -> None:
    times = SettleTimes()
    assert times.due(0.0)
    times.took(10.0, 11.0)
    assert not times.due(30.9)
    assert times.due(31.0)
