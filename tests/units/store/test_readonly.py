"""A look at the store: its form, what a log and a journal tell, and what is not read."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.store import outbox, readonly, wal
from shimmy_metrics.store.database import opened, transaction
from shimmy_metrics.store.readonly import open_readonly, stored_bytes, unread, unread_error, unwiped
from shimmy_metrics.store.sqlite_errors import BusyError
from support.old_store import write_old_store
from support.samples import profile, queued
from support.store_files import journal_path, store_path
from support.timely import in_time


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
        f"{path}: is open in an older version of shimmy-metrics. This version measures and sends nothing; "
        "stop the server, app or demo that was started before the update"
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


def test_a_look_that_may_write_leaves_the_old_form_and_shows_what_waits_in_today_s(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    write_old_store(store_path(mine))
    with open_readonly(mine) as db:
        assert db is not None
        assert len(outbox.everything(db)) == 3
    assert not wal.in_wal_mode(store_path(mine))


def test_a_store_that_left_the_old_form_and_had_no_room_for_new_tables_is_shown_in_today_s(
    tmp_path: Path,
) -> None:
    mine = profile(tmp_path)
    write_old_store(store_path(mine))
    with closing(sqlite3.connect(store_path(mine))) as old:
        old.execute("PRAGMA journal_mode=TRUNCATE")
    before = store_path(mine).read_bytes()
    with open_readonly(mine, off=True) as db:
        assert db is not None
        assert len(outbox.everything(db)) == 3
    assert store_path(mine).read_bytes() == before


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
    mine.state_path.mkdir(parents=True)
    mine.state_path.chmod(0o777)
    with open_readonly(mine, off=True) as db:
        assert db is None
    for off in (False, True):
        with pytest.raises(UserError, match="others may write"), open_readonly(mine, off=off):
            pass
        store_path(mine).touch()


def test_what_needs_a_store_that_cannot_be_read_says_why_and_where_it_can() -> None:
    assert str(unread_error()) == (
        "the store was not read: metrics are off, and opening it now would write to it. Do this where they are on"
    )
