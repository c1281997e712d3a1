"""How a deletion is done where the disk, or somebody else, is in the way: each way, and what is said."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from shimmy_metrics.store import erase as erasing
from shimmy_metrics.store import outbox, sqlite_errors
from shimmy_metrics.store.ballast import ballast_path
from shimmy_metrics.store.database import Database, opened
from shimmy_metrics.store.erase import destroy, erase
from shimmy_metrics.store.sqlite_errors import BusyError, FullError
from shimmy_metrics.system import wiping
from support.queued import fill_outbox
from support.samples import profile
from support.store_files import journal_path, store_path
from support.timely import in_time


@contextmanager
def _store(root: Path, busy_seconds: float = 2.0) -> Iterator[tuple[Path, Database]]:
    """Give a store with one report in it, and the way to it."""
    mine = profile(root)
    fill_outbox(mine, 1)
    with opened(mine, busy_seconds) as db:
        yield store_path(mine), db


class Connection:
    """A connection that writes down what it is told, and fails where it is asked to."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.told: list[str] = []
        self.failing: dict[str, sqlite3.Error] = {}

    @property
    def in_transaction(self) -> bool:
        return self.db.in_transaction

    def execute(self, statement: str, *parameters: object) -> sqlite3.Cursor:
        self.told.append(statement)
        if statement in self.failing:
            raise self.failing[statement]
        return self.db.execute(statement, *parameters)  # type: ignore[arg-type]  # as sqlite3's own takes them


def _full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


def _erase(connection: Connection, path: Path, delete: Callable[[], object] | None = None) -> object:
    wanted = delete or (lambda: outbox.remove_all(connection))  # type: ignore[arg-type]  # it is one in all we use
    return erase(connection, path, wanted)  # type: ignore[arg-type]  # see above


def test_it_is_one_transaction_with_others_kept_out(tmp_path: Path) -> None:
    with _store(tmp_path) as (path, db):
        connection = Connection(db)
        assert _erase(connection, path) == 1
        before, after = connection.told[:3], connection.told[-4:]
    assert before == ["PRAGMA journal_mode=PERSIST", "BEGIN EXCLUSIVE", "PRAGMA locking_mode=EXCLUSIVE"]
    assert after == [
        "COMMIT",
        "PRAGMA journal_mode=TRUNCATE",
        "PRAGMA locking_mode=NORMAL",
        "SELECT count(*) FROM sqlite_master",
    ]


@pytest.mark.parametrize(
    ("kind", "last"),
    [
        *((kind, "MEMORY") for kind in ("exfat", "ext2", "ext3", "ext4", "jfs", "tmpfs", "vfat", "xfs")),
        *((kind, "PERSIST") for kind in ("btrfs", "zfs", "f2fs", "bcachefs", "overlay", "")),
    ],
)
def test_a_journal_in_memory_is_the_last_way_where_overwriting_takes_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, last: str
) -> None:
    asked: list[Path] = []

    def filesystem(path: Path) -> str:
        asked.append(path)
        return kind

    monkeypatch.setattr(erasing, "filesystem", filesystem)
    with _store(tmp_path) as (path, db):
        connection = Connection(db)
        connection.failing["COMMIT"] = _full()
        with pytest.raises(FullError):
            _erase(connection, path)
        assert len(outbox.everything(db)) == 1
        assert not Path(ballast_path(path)).exists()
    ways = [each.removeprefix("PRAGMA journal_mode=") for each in connection.told if "journal_mode" in each]
    # At its end each has `TRUNCATE` again; the last way begins with that, or SQLite keeps what it has open.
    assert ways == ["PERSIST", "PERSIST", *(["TRUNCATE", "MEMORY"] if last == "MEMORY" else []), "TRUNCATE"]
    assert asked == [path]


def test_the_journal_is_wiped_before_the_last_way_as_sqlite_removes_it_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "filesystem", lambda _: "ext4")
    wiped: list[tuple[Path, str]] = []
    with _store(tmp_path) as (path, db):
        connection = Connection(db)
        connection.failing["COMMIT"] = _full()

        def wipe(path: Path) -> None:
            wiped.append((path, connection.told[-1]))
            raise PermissionError

        monkeypatch.setattr(erasing, "_wipe", wipe)
        with pytest.raises(FullError):
            _erase(connection, path)
        assert "PRAGMA journal_mode=MEMORY" in connection.told
    assert wiped == [(path, "ROLLBACK")]


def test_another_error_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    with _store(tmp_path) as (path, db):

        def broken() -> None:
            outbox.remove_all(db)
            raise ZeroDivisionError

        connection = Connection(db)
        with pytest.raises(ZeroDivisionError):
            _erase(connection, path, broken)
        assert Path(ballast_path(path)).exists()
        assert connection.told.count("BEGIN EXCLUSIVE") == 1
        assert len(outbox.everything(db)) == 1


def test_a_rollback_that_fails_hides_no_reason(tmp_path: Path) -> None:
    with _store(tmp_path) as (path, db):

        def broken() -> None:
            raise ZeroDivisionError

        connection = Connection(db)
        connection.failing["ROLLBACK"] = sqlite3.OperationalError("disk I/O error")
        with pytest.raises(ZeroDivisionError):
            _erase(connection, path, broken)
        db.execute("ROLLBACK")


def test_what_fails_once_the_bytes_are_gone_hides_nothing(tmp_path: Path) -> None:
    with _store(tmp_path) as (path, db):
        connection = Connection(db)
        connection.failing["PRAGMA journal_mode=TRUNCATE"] = sqlite3.OperationalError("disk I/O error")
        assert _erase(connection, path) == 1


@pytest.mark.parametrize(("refusals", "ballast"), [(0, True), (1, False), (2, False)])
def test_overwriting_the_journal_may_need_the_ballast_and_it_is_cut_in_any_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int, ballast: bool
) -> None:
    with _store(tmp_path) as (path, db):
        original = wiping.wipe
        tried: list[str] = []

        def wipe(journal: str) -> None:
            tried.append(journal)
            if len(tried) <= refusals:
                raise OSError(122, os.strerror(122))
            original(journal)

        monkeypatch.setattr(erasing, "wipe", wipe)
        assert erase(db, path, lambda: outbox.remove_all(db)) == 1
        assert tried == [str(journal_path(path))] * min(refusals + 1, 2)
        assert Path(ballast_path(path)).exists() is ballast
        assert journal_path(path).stat().st_size == 0


def test_without_a_journal_there_is_nothing_to_wipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: str) -> None:
        raise AssertionError

    monkeypatch.setattr(erasing, "wipe", refused)
    with _store(tmp_path) as (path, db):
        db.execute("PRAGMA journal_mode=DELETE")
        erasing._wipe(path)
        assert Path(ballast_path(path)).exists()


def _holders(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> list[Path]:
    asked: list[Path] = []

    def holders(path: Path) -> list[int]:
        asked.append(path)
        return list(numbers)

    monkeypatch.setattr(sqlite_errors, "lock_holders", holders)
    return asked


@pytest.mark.parametrize(
    ("numbers", "what"),
    [
        ((12, 34), "is held by process 12, 34"),
        ((), "is held by another program"),
    ],
)
def test_who_is_in_the_way_is_said_where_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numbers: tuple[int, ...], what: str
) -> None:
    asked = _holders(monkeypatch, *numbers)
    with _store(tmp_path, 0.0) as (path, db), closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError) as caught:
            erase(db, path, lambda: outbox.remove_all(db))
        assert (caught.value.what, caught.value.where) == (what, str(path))
        assert caught.value.remedy == "End it and do this again; nothing was deleted yet"
        assert asked == [path]
        other.execute("ROLLBACK")
        assert erase(db, path, lambda: outbox.remove_all(db)) == 1


def test_a_store_is_destroyed_with_what_lies_beside_it_while_others_are_kept_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[str] = []

    def remove(each: str) -> None:
        locked = pytest.raises(sqlite3.OperationalError, match="locked")
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other, locked:
            other.execute("SELECT count(*) FROM sqlite_master")
        removed.append(Path(each).name)

    monkeypatch.setattr(erasing, "remove", remove)
    with _store(tmp_path) as (path, _):
        pass
    destroy(path)
    assert removed == ["metrics.db", "metrics.db-journal", "metrics.db-wal", "metrics.db-shm"]
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")  # nobody is kept out any more


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"no database at all" * 99), Path.unlink])
def test_a_store_that_is_damaged_or_gone_can_be_destroyed(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    with _store(tmp_path) as (path, _):
        pass
    damage(path)
    destroy(path)
    assert [each.name for each in path.parent.iterdir()] == ["ballast"]


@pytest.mark.parametrize(("numbers", "by"), [((12, 34), "process 12, 34"), ((), "another program")])
def test_a_store_that_is_held_is_not_destroyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numbers: tuple[int, ...], by: str
) -> None:
    monkeypatch.setattr(erasing, "BUSY_SECONDS", 0.05)
    asked = _holders(monkeypatch, *numbers)
    with _store(tmp_path) as (path, db):
        db.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(BusyError) as caught:
            destroy(path)
        assert in_time(time.monotonic() - began, 2.0)
        assert (caught.value.what, caught.value.where) == (f"is held by {by}", str(path))
        assert caught.value.remedy == "End it and do this again; it was not deleted"
        assert asked == [path]
        db.execute("ROLLBACK")
        assert len(outbox.everything(db)) == 1
