"""How the store is opened, written and remembered in; room for what has to be written; rows that are none of ours."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.store import database, outbox, readonly, wal
from shimmy_metrics.store.ballast import BALLAST_BYTES, ballast_path, create, free
from shimmy_metrics.store.database import (
    all_meta,
    connect,
    delete_meta,
    get_meta,
    journal_path,
    opened,
    set_meta,
    sqlite_files,
    store_path,
    transaction,
    version_of,
    with_room,
)
from shimmy_metrics.store.readonly import open_readonly, stored_bytes, unread, unwiped
from shimmy_metrics.store.sqlite_errors import BusyError
from shimmy_metrics.store.tables import VERSION
from support.old_store import write_old_store
from support.samples import memory_store, profile, queued
from support.timely import in_time

MOVE_AWAY = "Move it away; a new one is made"


def test_each_file_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    assert journal_path(path) == tmp_path / "metrics.db-journal"
    assert sqlite_files(path) == tuple(tmp_path / f"metrics.db{end}" for end in ("-journal", "-wal", "-shm"))
    assert ballast_path(path) == tmp_path / "ballast"
    assert store_path(profile(tmp_path)) == tmp_path / "state/shimmy/metrics.db"


def test_words_are_remembered_by_their_names() -> None:
    with memory_store() as db:
        assert get_meta(db, "b") == ""
        for name, value in (("b", "1"), ("a", "2"), ("b", "3"), ("c", "4")):
            set_meta(db, name, value)
        assert get_meta(db, "b") == "3"
        assert list(all_meta(db).items()) == [("a", "2"), ("b", "3"), ("c", "4")]
        delete_meta(db, "a", "c", "never")
        assert all_meta(db) == {"b": "3"}


def _no_room() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


class _Step:
    """Something that has to be written, and fails so often."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        return "written"


def test_what_has_to_be_written_takes_the_ballast_s_room_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    create(path)
    step = _Step()
    assert with_room(path, step) == "written"
    assert ballast_path(path).exists()
    step = _Step(sqlite3.OperationalError("no such table: outbox"))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        with_room(path, step)
    assert (step.tries, ballast_path(path).exists()) == (1, True)
    step = _Step(_no_room())
    assert with_room(path, step) == "written"
    assert (step.tries, ballast_path(path).exists()) == (2, False)
    step = _Step(_no_room())
    with pytest.raises(sqlite3.OperationalError, match="full"):
        with_room(path, step)
    assert step.tries == 1  # there was no more room to be made


def test_the_ballast_takes_its_room_and_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "metrics.db"
    create(path)
    laid = ballast_path(path)
    held = laid.read_bytes()
    assert len(held) == BALLAST_BYTES == 131_072
    assert held.strip(b"\0")
    assert laid.stat().st_mode & 0o777 == 0o600
    create(path)
    assert laid.read_bytes() == held  # what is there stays
    assert free(path)
    assert not free(path)
    laid.symlink_to(tmp_path / "elsewhere")
    create(path)
    assert not (tmp_path / "elsewhere").exists()
    laid.unlink()
    create(tmp_path / "missing/metrics.db")  # no folder, no ballast, no error
    planted: list[bool] = []

    def no_room(_: int) -> bytes:
        planted.append(laid.exists())
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "urandom", no_room)
    create(path)
    assert planted == [True]
    assert not laid.exists()


def test_a_ballast_that_somebody_put_there_between_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "metrics.db"
    ballast_path(path).write_bytes(b"somebody's")
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    create(path)
    assert ballast_path(path).read_bytes() == b"somebody's"


def test_a_session_keeps_its_connection_and_may_use_it_in_another_thread(tmp_path: Path) -> None:
    db = connect(profile(tmp_path))
    with closing(db):
        thread = threading.Thread(target=outbox.add, args=(db, queued()))
        thread.start()
        thread.join()
        assert len(outbox.everything(db)) == 1
        assert not db.in_transaction  # each statement is its own transaction unless one was begun
        assert db.execute("PRAGMA busy_timeout").fetchone()[0] == 2_000


@pytest.mark.parametrize(("asked", "milliseconds"), [((), 2_000), ((0.25,), 250)])
@pytest.mark.parametrize("for_deletion", [False, True])
def test_another_s_hold_is_waited_for_as_long_as_asked(
    tmp_path: Path, for_deletion: bool, asked: tuple[float, ...], milliseconds: int
) -> None:
    with opened(profile(tmp_path), *asked, for_deletion=for_deletion) as db:
        assert db.execute("PRAGMA busy_timeout").fetchone()[0] == milliseconds
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        db.execute("SELECT 1")


@pytest.mark.parametrize("for_deletion", [False, True])
def test_only_for_a_deletion_the_ballast_is_given_up_at_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, for_deletion: bool
) -> None:
    mine = profile(tmp_path)
    with opened(mine):
        pass
    laid = ballast_path(store_path(mine))
    original = database.secure
    given_up: list[bool] = []

    def secure(db: sqlite3.Connection) -> None:
        if laid.exists():
            raise _no_room()
        given_up.append(True)
        original(db)

    monkeypatch.setattr(database, "secure", secure)
    if for_deletion:
        with opened(mine, for_deletion=True):
            pass
    else:
        with pytest.raises(UserError, match="disk is full"), opened(mine):
            pass
    assert given_up == ([True] if for_deletion else [])


def test_what_sqlite_rolled_back_itself_is_not_rolled_back_twice() -> None:
    with memory_store() as db:
        with pytest.raises(ZeroDivisionError), transaction(db):
            db.execute("ROLLBACK")
            raise ZeroDivisionError
        with pytest.raises(ZeroDivisionError), transaction(db):
            set_meta(db, "a", "1")
            raise ZeroDivisionError
        assert all_meta(db) == {}


def test_a_store_made_twice_at_the_same_time_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = profile(tmp_path)
    original = database.transaction

    def made_meanwhile(db: sqlite3.Connection) -> object:
        monkeypatch.setattr(database, "transaction", original)
        with opened(mine):
            pass
        return original(db)

    monkeypatch.setattr(database, "transaction", made_meanwhile)
    with opened(mine) as db:
        assert outbox.everything(db) == []


def test_one_that_another_process_makes_between_two_questions_is_not_taken_for_another_program_s(
    tmp_path: Path,
) -> None:
    mine = profile(tmp_path)

    class Between(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            if "sqlite_master" in sql:
                with opened(mine):
                    pass
            return super().execute(sql, *values)  # type: ignore[arg-type]

    mine.state_dir.mkdir(parents=True)
    with closing(sqlite3.connect(store_path(mine), factory=Between)) as db:
        assert version_of(db, store_path(mine)) == VERSION


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (
            lambda db: (db.execute(f"PRAGMA user_version={VERSION + 1}"), db.execute("CREATE TABLE t (x)")),
            "is from a newer version of shimmy-metrics. Use that newer program; this one leaves the file as it is",
        ),
        (lambda db: db.execute("CREATE TABLE cookies (x)"), f"is another program's database. {MOVE_AWAY}"),
    ],
)
def test_a_database_of_others_is_said_in_a_line(
    tmp_path: Path, make: Callable[[sqlite3.Connection], object], line: str
) -> None:
    mine = profile(tmp_path)
    path = store_path(mine)
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as other:
        make(other)
    for look in (opened, open_readonly):
        with pytest.raises(UserError) as caught, look(mine):
            pass
        assert str(caught.value) == f"{path}: {line}"


def test_what_is_no_file_is_said_in_a_line(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    path = store_path(mine)
    path.mkdir(parents=True)
    with pytest.raises(UserError) as caught:
        database.exists(path)
    assert str(caught.value) == f"{path}: is no regular file. {MOVE_AWAY}"
    assert not database.exists(path / "metrics.db")
    (tmp_path / "file").touch()
    assert database.exists(tmp_path / "file")
    assert not database.exists(tmp_path / "file/metrics.db")  # a folder on the way is a file


def test_the_first_bytes_of_a_file_tell_its_form(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    path = store_path(mine)
    write_old_store(path)
    assert wal.read_start(path, 6) == b"SQLite"
    assert wal.in_wal_mode(path)
    assert wal.in_wal_mode(path)  # it may change at any time, and is looked at anew
    with opened(mine):
        assert not wal.in_wal_mode(path)
    os.mkfifo(tmp_path / "fifo")
    assert wal.read_start(tmp_path / "fifo", 8) == b""


def test_a_file_in_today_s_form_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing any descriptor of it would drop the locks that this process has on it."""
    mine = profile(tmp_path)
    path = store_path(mine)
    with opened(mine):
        pass
    assert not wal.in_wal_mode(path)

    def refused(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr(wal, "read_start", refused)
    assert not wal.in_wal_mode(path)
    with pytest.raises(AssertionError):
        wal.in_wal_mode(Path(__file__))


def test_an_older_program_that_has_it_open_is_said_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    write_old_store(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("SELECT count(*) FROM receipts").fetchone()
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as db, pytest.raises(BusyError) as caught:
            wal.leave_wal_mode(db, path)
    assert str(caught.value) == (
        f"{path}: is open in an older version of shimmy-metrics. Metrics are off until then: stop the server, app or "
        "demo that was started before the update"
    )


class _Broken:
    def execute(self, _: str) -> object:
        raise sqlite3.OperationalError("disk I/O error")


def test_another_error_at_that_is_not_said_to_be_an_older_program(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="disk I/O"):
        wal.leave_wal_mode(_Broken(), tmp_path / "metrics.db")  # type: ignore[arg-type]  # it is one in all that is used


def test_the_log_s_index_of_a_killed_program_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    write_old_store(path)
    index = path.with_name("metrics.db-shm")
    index.write_bytes(b"what a killed program left")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        wal.leave_wal_mode(db, path)
        assert not index.exists()
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "truncate"
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")  # nobody is kept out


@pytest.mark.parametrize(
    ("journal", "is_unread", "is_unwiped"),
    [
        (None, False, False),
        (b"", False, False),
        (b"\0" * 512, False, True),
        (b"\0" * 7 + b"\1" + b"\0" * 504, False, False),
        (b"\0" * 8 + b"\1" * 504, False, True),
        (b"X" * 8, True, False),
    ],
)
def test_what_a_journal_s_first_eight_bytes_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: bytes | None, is_unread: bool, is_unwiped: bool
) -> None:
    """SQLite zeroes them when a journal has no use any more; one that cannot be rolled back hides nothing."""
    mine = profile(tmp_path)
    with opened(mine):
        pass
    beside_it = journal_path(store_path(mine))
    beside_it.unlink()
    if journal is not None:
        beside_it.write_bytes(journal)
    assert (unread(mine), unwiped(mine)) == (is_unread, is_unwiped)
    monkeypatch.setattr(readonly, "_writer_lives", lambda _: False)
    assert unread(mine) is bool(journal and not is_unwiped)


def test_where_there_is_no_store_nothing_is_unread_or_unwiped(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    assert (unread(mine), unwiped(mine), stored_bytes(mine)) == (False, False, b"")
    write_old_store(store_path(mine))
    assert (unread(mine), stored_bytes(mine)) == (True, b"")


def test_a_writer_at_work_leaves_nothing_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db, transaction(db):
        outbox.add(db, queued())
        assert journal_path(store_path(mine)).stat().st_size > 0
        assert not unread(mine)
    monkeypatch.setattr(readonly, "_writer_lives", lambda _: False)
    journal_path(store_path(mine)).write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")
    assert unread(mine)


def test_the_stored_bytes_are_the_file_s(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db:
        outbox.add(db, queued())
    assert stored_bytes(mine) == store_path(mine).read_bytes()
    store_path(mine).write_bytes(b"no database at all" * 99)
    with pytest.raises(UserError, match=r"metrics\.db: cannot be used"):
        stored_bytes(mine)


def test_a_look_waits_for_another_s_hold_no_longer_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readonly, "BUSY_SECONDS", 0.05)
    mine = profile(tmp_path)
    with opened(mine) as db:
        db.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        for off in (True, False):
            with pytest.raises(BusyError), open_readonly(mine, off=off):
                pass
        assert not readonly._writer_lives(store_path(mine))
        assert in_time(time.monotonic() - began, 2.0)
        db.execute("ROLLBACK")
        assert readonly._writer_lives(store_path(mine))


def test_a_copy_is_closed_with_its_look_and_made_of_a_file_that_is_only_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db:
        outbox.add(db, queued())
    asked: list[str] = []
    original = sqlite3.connect

    def connected(where: str, **more: object) -> sqlite3.Connection:
        asked.append(str(where).rpartition("?")[2])
        return original(where, **more)  # type: ignore[call-overload, no-any-return]  # passed through

    monkeypatch.setattr(sqlite3, "connect", connected)
    for off, mode in ((True, "mode=ro"), (False, "mode=rw")):
        asked.clear()
        with open_readonly(mine, off=off) as copy:
            assert copy is not None
            with transaction(copy):
                outbox.remove_all(copy)
        assert asked == [":memory:", mode]
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            copy.execute("SELECT 1")
    with opened(mine) as db:
        assert len(outbox.everything(db)) == 1


def test_a_look_that_may_write_leaves_the_old_form(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    write_old_store(store_path(mine))
    with open_readonly(mine) as db:
        assert db is not None
    assert not wal.in_wal_mode(store_path(mine))


def test_a_file_without_tables_is_no_store_yet(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    store_path(mine).parent.mkdir(parents=True)
    with closing(sqlite3.connect(store_path(mine))) as made:
        made.execute("VACUUM")
    assert store_path(mine).stat().st_size > 0
    with open_readonly(mine) as db:
        assert db is None


def test_while_off_a_place_without_a_store_is_not_judged(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_dir.mkdir(parents=True)
    mine.state_dir.chmod(0o777)
    with open_readonly(mine, off=True) as db:
        assert db is None
    for off in (False, True):
        with pytest.raises(UserError, match="others may write"), open_readonly(mine, off=off):
            pass
        store_path(mine).touch()
