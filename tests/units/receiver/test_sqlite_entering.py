"""While a day lasts its file tells what has arrived; then its ids are entered, and none is unknown at any moment."""

import errno
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Final
from unittest.mock import Mock, patch

import pytest

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.search import holding
from shimmy_metrics.receiver.sqlite import spool
from shimmy_metrics.receiver.sqlite.entering import Entering, enter_all
from shimmy_metrics.receiver.sqlite.settle import SettleTimes
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.sqlite.tables import CANARY_BYTES, connect
from shimmy_metrics.receiver.store import Outcome, Recall, StoreError
from support.stored import DAY, MONDAY, held, row

NEXT: Final = DAY + timedelta(days=1)


def _entered(folder: Folder) -> dict[bytes, str]:
    """Return the ids that stand among those that were seen, with their days."""
    with closing(connect(folder.seen)) as seen:
        return dict(seen.execute("SELECT key, day FROM seen").fetchall())


def _open_days(folder: Folder) -> list[str]:
    with closing(connect(folder.seen)) as seen:
        return [day for (day,) in seen.execute("SELECT day FROM open_days ORDER BY day")]


def test_a_day_s_ids_are_entered_once_it_is_over(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SettleTimes, "due", lambda *_: True)
    first = row()
    store.append(DAY, [first])
    assert _entered(folder) == {}
    store.append(NEXT, [row()])
    while _open_days(folder) != [NEXT.isoformat()]:
        store.settle(quiet=False)
    assert _entered(folder) == {first.key: DAY.isoformat()}
    assert store.append(NEXT, [first, first._replace(check=b"another!")]) == [Outcome.DUPLICATE, Outcome.CONFLICT]


@pytest.mark.parametrize("pieces", range(6))
def test_an_id_is_known_on_the_next_day_however_far_the_entering_is(
    store: SqliteStore, folder: Folder, pieces: int
) -> None:
    rows = [row() for _ in range(40)]
    store.append(DAY, rows)
    entering = Entering(folder, DAY, rows=10)
    assert [entering.advance() for _ in range(pieces)] == [False, False, False, False, True][:pieces]
    canary = 0 < pieces < 5
    assert min(10 * pieces, 40) - canary <= len(_entered(folder)) <= min(10 * pieces, 40)
    with closing(SqliteStore(folder)) as other:
        assert set(other.append(NEXT, rows)) == {Outcome.DUPLICATE}
        assert other.append(NEXT, [Recall(rows[0].key), rows[0]]) == [Outcome.RECALLED] * 2
    assert store.append(DAY, [rows[0], rows[1]]) == [Outcome.RECALLED, Outcome.DUPLICATE]
    assert held(store) == 39
    assert not list(holding(folder.days, rows[0].check))


@pytest.mark.parametrize("mine", [True, False])
def test_what_is_stored_behind_the_entering_is_entered_too(store: SqliteStore, folder: Folder, *, mine: bool) -> None:
    store.append(DAY, [row() for _ in range(30)])
    entering, neighbour = Entering(folder, DAY, rows=10), Entering(folder, DAY, rows=10)
    entering.advance()
    entering.advance()
    late = row()._replace(key=bytes(8))
    assert store.append(DAY, [late]) == [Outcome.STORED]
    if not mine:
        neighbour.advance()
    while not entering.advance():
        pass
    assert late.key in _entered(folder)
    assert len(_entered(folder)) == 31


def test_a_day_that_gets_a_report_after_all_is_open_again(store: SqliteStore, folder: Folder) -> None:
    store.append(DAY, [row()])
    enter_all(folder, DAY)
    with closing(SqliteStore(folder)) as ahead:
        ahead.append(NEXT, [row()])
        late = row()
        assert store.append(DAY, [late]) == [Outcome.STORED]
        assert ahead.append(NEXT, [late]) == [Outcome.DUPLICATE]
    assert _open_days(folder) == [DAY.isoformat(), NEXT.isoformat()]


def test_of_two_days_that_two_processes_write_each_knows_the_other_s(store: SqliteStore, folder: Folder) -> None:
    with closing(SqliteStore(folder)) as ahead:
        first, second = row(), row()
        store.append(DAY, [first])
        ahead.append(NEXT, [second])
        assert store.append(DAY, [first, second]) == [Outcome.DUPLICATE] * 2
        assert ahead.append(NEXT, [first, second]) == [Outcome.DUPLICATE] * 2
        assert store.append(DAY, [Recall(second.key)]) == [Outcome.RECALLED]
        assert ahead.append(NEXT, [second]) == [Outcome.RECALLED]
    assert held(store) == 1
    assert not list(holding(folder.path, second.check))


def test_a_recalled_id_is_not_entered_again(store: SqliteStore, folder: Folder) -> None:
    first = row()
    store.append(DAY, [first, row()])
    store.append(NEXT, [Recall(first.key)])
    enter_all(folder, DAY)
    assert store.append(NEXT, [first]) == [Outcome.RECALLED]
    assert not list(holding(folder.path, first.check))


def test_of_a_day_that_is_dropped_each_id_is_known_on_and_its_canary_is_not(store: SqliteStore, folder: Folder) -> None:
    rows = [row() for _ in range(20)]
    store.append(DAY, rows)
    store.append(NEXT, [row()])
    canary = store.drop_day(DAY)
    assert set(store.append(NEXT, rows)) == {Outcome.DUPLICATE}
    assert _open_days(folder) == [NEXT.isoformat()]
    assert canary not in _entered(folder)


def test_an_id_that_left_for_the_cluster_is_known_on(store: SqliteStore, folder: Folder) -> None:
    rows = [row() for _ in range(20)]
    store.append(DAY, rows)
    spool.remove_delivered(folder, DAY, [each.key for each in rows[:15]])
    assert held(store) == 5
    assert set(store.append(DAY, rows)) == set(store.append(NEXT, rows)) == {Outcome.DUPLICATE}
    assert _entered(folder) == {each.key: DAY.isoformat() for each in rows[:15]}


def _as_an_earlier_version_left_it(folder: Folder, change: Callable[[sqlite3.Connection], object]) -> None:
    """Each id stood among those that were seen at once; `change` is what happened to them."""
    for day in folder.arrival_days():
        enter_all(folder, day)
    with closing(connect(folder.seen)) as seen:
        seen.execute("DROP TABLE open_days")
        seen.execute("CREATE TABLE marks (day TEXT PRIMARY KEY, mark BLOB NOT NULL) WITHOUT ROWID")
        change(seen)


@pytest.mark.parametrize("killed", [True, False])
def test_a_folder_of_an_earlier_version_goes_on(store: SqliteStore, folder: Folder, *, killed: bool) -> None:
    old, first, second = row(), row(), row()
    store.append(MONDAY, [old])
    store.append(DAY, [first])
    store.append(NEXT, [second])
    store.close()

    def change(seen: sqlite3.Connection) -> None:
        if killed:  # between the day's commit and that of the seen ids
            seen.execute("DELETE FROM seen WHERE key = ?", (first.key,))

    _as_an_earlier_version_left_it(folder, change)
    assert store.append(NEXT, [old, first, second, row()]) == [*[Outcome.DUPLICATE] * 3, Outcome.STORED]
    assert store.append(NEXT + timedelta(days=1), [old, first, second]) == [Outcome.DUPLICATE] * 3
    assert held(store) == 4


def test_a_damaged_day_that_is_open_keeps_no_report_from_being_taken(store: SqliteStore, folder: Folder) -> None:
    store.append(DAY, [row()])
    store.close()
    folder.day(DAY).write_bytes(b"no database at all, and long enough to be looked at" * 100)
    assert store.append(NEXT, [row()]) == [Outcome.STORED]
    store.drop_day(DAY)
    assert store.append(NEXT, [row()]) == [Outcome.STORED]


@pytest.mark.parametrize("full", ["the database's own", "the system's"])
def test_a_day_is_dropped_on_a_disk_that_has_no_room_to_enter_its_ids(
    store: SqliteStore, folder: Folder, full: str
) -> None:
    store.append(DAY, [row()])
    store.append(NEXT, [row()])
    error = OSError(errno.ENOSPC, "no room") if full == "the system's" else _error(sqlite3.SQLITE_FULL)
    with patch.object(Entering, "advance", Mock(side_effect=error)):
        assert len(store.drop_day(DAY)) == CANARY_BYTES
    assert list(folder.arrival_days()) == [NEXT]
    assert store.append(NEXT, [row()]) == [Outcome.STORED]


def test_a_day_whose_turn_another_process_has_is_dropped_later(store: SqliteStore, folder: Folder) -> None:
    store.append(DAY, [row()])
    with patch.object(Entering, "advance", Mock(side_effect=_error(sqlite3.SQLITE_BUSY))), pytest.raises(StoreError):
        store.drop_day(DAY)
    assert list(folder.arrival_days()) == [DAY]


def _error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("of the disk, or of another process")
    error.sqlite_errorcode = code
    return error


def test_a_dropped_day_is_not_made_again_by_who_enters_it(store: SqliteStore, folder: Folder) -> None:
    store.append(DAY, [row()])
    entering = Entering(folder, DAY)
    store.append(NEXT, [row()])
    store.drop_day(DAY)
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        entering.advance()
    assert list(folder.arrival_days()) == [NEXT]


def test_a_commit_looks_for_many_keys_by_few_statements(store: SqliteStore) -> None:
    store.append(DAY, [row()])
    ran: list[str] = []
    assert store._open is not None
    store._open[1].set_trace_callback(ran.append)
    store.append(DAY, [row() for _ in range(1_000)])
    looked = [statement for statement in ran if statement.startswith("SELECT")]
    assert 2 < len(looked) < 10
    assert held(store) == 1_001
