"""Several processes with one folder, of several versions, some of which die: the store in files goes on."""

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.search import holding
from shimmy_metrics.receiver.sqlite import tables
from shimmy_metrics.receiver.sqlite.entering import enter_all
from shimmy_metrics.receiver.sqlite.seen import delete_before
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.sqlite.tables import connect
from shimmy_metrics.receiver.store import Outcome, Recall, StoreError
from support.stored import DAY, MONDAY, held, row

NEXT: Final = DAY + timedelta(days=1)


def test_a_recall_that_a_reader_delays_is_told_as_failed_until_its_bytes_are_gone(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "BUSY_SECONDS", 0.1)
    first = row()
    store.append(DAY, [first, row()])
    store.close()
    with closing(connect(folder.day(DAY))) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM reports").fetchone()
        for _ in range(2):
            with pytest.raises(StoreError, match="another process reads the file"):
                store.append(DAY, [Recall(first.key)])
    assert store.append(DAY, [Recall(first.key)]) == [Outcome.RECALLED]
    assert not list(holding(folder.path, first.check))


def test_a_turn_that_another_process_takes_too_long_over_is_told_and_nothing_is_lost(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "BUSY_SECONDS", 0.1)
    first = row()
    store.append(DAY, [row()])
    store.close()
    with closing(connect(folder.seen)) as other:
        store.append(DAY, [row()])
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            store.append(DAY, [first])
        other.execute("ROLLBACK")
    assert store.append(DAY, [first]) == [Outcome.STORED]
    assert held(store) == 3


def test_a_short_turn_of_another_process_is_waited_for(store: SqliteStore, folder: Folder) -> None:
    store.append(DAY, [row()])
    with closing(connect(folder.day(DAY))) as other:
        other.execute("BEGIN IMMEDIATE")
        ended = threading.Timer(0.3, other.execute, ["ROLLBACK"])
        ended.start()
        begun = time.monotonic()
        assert store.append(DAY, [row()]) == [Outcome.STORED]
        assert time.monotonic() - begun > 0.2
        ended.join()


def test_an_error_in_mid_commit_loses_nothing_that_stood(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = row(), row()
    store.append(DAY, [first])

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr("shimmy_metrics.receiver.sqlite.store.insert", fail)
        with pytest.raises(StoreError, match="disk I/O error"):
            store.append(DAY, [second])
    assert store.append(DAY, [first, second]) == [Outcome.DUPLICATE, Outcome.STORED]


def test_looking_makes_no_file(store: SqliteStore, folder: Folder) -> None:
    assert store.health().ready
    assert held(store) == 0
    with pytest.raises(StoreError, match="nothing that arrived on 2026-11-25 is held"):
        store.drop_day(DAY)
    delete_before(folder, NEXT)
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        connect(folder.day(DAY))  # listed, and dropped before it is opened
    assert not [path for path in folder.path.rglob("*") if path.is_file()]


def test_a_damaged_day_is_said_to_be_and_dropped_all_the_same(store: SqliteStore, folder: Folder) -> None:
    folder.day(DAY).write_bytes(b"no database at all, and long enough to be looked at" * 100)
    health = store.health()
    assert not health.ready
    assert health.reason == "what arrived on 2026-11-25 cannot be read: file is not a database"
    assert health.unreadable == (DAY,)
    with pytest.raises(StoreError, match="what arrived on 2026-11-25 cannot be read: file is not a database"):
        list(store.aggregate(DAY - timedelta(days=DAY.weekday())))
    assert store.append(NEXT, [row()]) == [Outcome.STORED]
    assert store.drop_day(DAY) == b""
    assert not folder.day(DAY).exists()
    assert store.health().ready


def test_where_the_seen_ids_are_damaged_nothing_is_taken_and_what_helps_is_said(
    store: SqliteStore, folder: Folder
) -> None:
    store.append(DAY, [row()])
    store.close()
    folder.seen.write_bytes(b"no database at all, and long enough to be looked at" * 100)
    health = store.health()
    assert not health.ready
    assert health.reason.startswith(f"{folder.seen} cannot be read: file is not a database. No report is taken. ")
    assert "move away what begins with seen.db" in health.reason
    with pytest.raises(StoreError, match="No report is taken"):
        store.check()
    for each in folder.path.glob("seen.db*"):
        each.unlink()
    store.check()
    assert store.append(DAY, [row()]) == [Outcome.STORED]
    assert store.health().ready


def test_a_day_that_an_earlier_version_began_takes_what_is_newer(store: SqliteStore, folder: Folder) -> None:
    first, second = row(), row()
    store.append(DAY, [first])
    expected = list(store.aggregate(MONDAY))
    store.close()
    with closing(connect(folder.day(DAY))) as day:
        day.execute("ALTER TABLE reports DROP COLUMN gpu_vendor")
    (read,) = store.aggregate(MONDAY)
    assert read[2].count(None) == expected[0][2].count(None) + 1
    store.append(DAY, [second])
    both = list(store.aggregate(MONDAY))
    assert both[0] != both[1]
    assert expected[0] in both


def test_a_later_version_s_columns_are_left_alone(store: SqliteStore, folder: Folder) -> None:
    store.append(DAY, [row()])
    with closing(connect(folder.day(DAY))) as day:
        day.execute("ALTER TABLE reports ADD COLUMN newer INTEGER")
    assert store.append(DAY, [row()]) == [Outcome.STORED]
    assert held(store) == 2


def test_ids_are_forgotten_by_their_day_a_few_at_a_time(store: SqliteStore, folder: Folder) -> None:
    old, new, recalled = [row() for _ in range(50)], [row() for _ in range(50)], row()
    store.append(DAY, [*old, Recall(recalled.key)])
    store.append(NEXT, new)
    for day in (DAY, NEXT):
        enter_all(folder, day)
    delete_before(folder, NEXT, at_once=7)
    with closing(connect(folder.seen)) as seen:
        assert {key for (key,) in seen.execute("SELECT key FROM seen")} == {each.key for each in new}


def test_recalls_are_taken_on_a_full_disk(folder: Folder) -> None:
    used, first = 0.1, row()
    with closing(SqliteStore(folder, disk_used=lambda: used)) as store:
        store.append(DAY, [first])
        used = 0.95
        assert store.append(DAY, [Recall(first.key)]) == [Outcome.RECALLED]
        with pytest.raises(StoreError, match="the disk is almost full"):
            store.append(DAY, [Recall(first.key), row()])


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes: what is written past that fails in the middle, as on a full disk."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [0, 3_000, 40_000, 90_000])
def test_where_a_commit_fails_on_the_disk_nothing_that_stood_is_lost(
    store: SqliteStore, folder: Folder, room: int
) -> None:
    first, second = [row() for _ in range(200)], [row() for _ in range(400)]
    store.append(DAY, first)
    logs = [path.stat().st_size for path in folder.path.rglob("*-wal")]
    with _largest_file(max(logs) + room), pytest.raises(StoreError):
        store.append(DAY, second)
    shutil.copytree(folder.path, folder.path.with_name("left"))
    with closing(SqliteStore(Folder(folder.path.with_name("left")))) as left:
        assert left.append(DAY, first) == [Outcome.DUPLICATE] * 200
    outcomes = store.append(DAY, [*first, *second])
    assert outcomes[:200] == [Outcome.DUPLICATE] * 200
    assert set(outcomes[200:]) == {Outcome.STORED}
    assert held(store) == 600


def test_a_dropping_that_is_cut_short_is_done_again(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(DAY, [row()])
    unlink = Path.unlink

    def fail(path: Path, *, missing_ok: bool = False) -> None:
        if path == folder.day(DAY):
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", fail)
        with pytest.raises(StoreError):
            store.drop_day(DAY)
    # While anything of it is left, it is listed.
    assert list(folder.arrival_days()) == [DAY]
    assert [path.name for path in folder.days.iterdir()] == [folder.day(DAY).name]


_SEARCHES: Final = """
import sys, time
from pathlib import Path
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.store import SqliteStore
store = SqliteStore(Folder(Path(sys.argv[1])))
print(store.find_canary(bytes(16)), flush=True)
time.sleep(600)
"""


def test_a_process_that_is_killed_leaves_none_that_searches(folder: Folder) -> None:
    with subprocess.Popen([sys.executable, "-c", _SEARCHES, str(folder.path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"[]\n"
        process.kill()
        # The output ends when nobody holds it any more.
        assert process.communicate(timeout=30)[0] == b""
