"""Deletion: when it returns no file of ours holds the bytes, or it says that it could not and who is in the way."""

import contextlib
import errno
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.store import outbox
from shimmy_metrics.store.ballast import ballast_path
from shimmy_metrics.store.database import Database, get_meta, opened, set_meta, transaction
from shimmy_metrics.store.erase import erase
from shimmy_metrics.store.sqlite_errors import BusyError, FullError
from shimmy_metrics.system.profile import Profile
from support.queued import fill_outbox, uuid
from support.samples import profile
from support.store_files import journal_path, store_path


def _held(mine: Profile) -> bytes:
    return b"".join(entry.read_bytes() for entry in mine.state_path.iterdir())


def test_deleted_bytes_are_in_no_file(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    fill_outbox(mine, *range(8))
    assert uuid(3).encode() in _held(mine)
    with opened(mine) as db:
        assert erase(db, store_path(mine), lambda: outbox.remove_all(db)) == 8
    held = _held(mine)
    assert b"c0ffee00" not in held
    assert b"requests_per_session" not in held
    assert journal_path(store_path(mine)).stat().st_size == 0


def test_the_journal_is_overwritten_before_it_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = profile(tmp_path)
    fill_outbox(mine, *range(8))
    written: list[bytes] = []
    sync = os.fsync

    def synced(descriptor: int) -> None:
        written.append(journal_path(store_path(mine)).read_bytes())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    with opened(mine) as db:
        erase(db, store_path(mine), lambda: outbox.remove_all(db))
    overwritten, cut = written
    assert len(overwritten) > 4_096
    assert not overwritten.strip(b"\0")
    assert cut == b""


def test_afterwards_the_store_is_as_it_was_for_everybody(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db:
        erase(db, store_path(mine), lambda: None)
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "truncate"
        assert db.execute("PRAGMA locking_mode").fetchone()[0] == "normal"
        with _another(mine, "BEGIN EXCLUSIVE"):
            pass
        with transaction(db):
            outbox.remove_all(db)


def test_a_deletion_that_fails_changes_nothing(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    fill_outbox(mine, 1)
    with opened(mine) as db:

        def failing() -> None:
            outbox.remove_all(db)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            erase(db, store_path(mine), failing)
        assert len(outbox.everything(db)) == 1
        erase(db, store_path(mine), lambda: outbox.remove_all(db))


_OTHER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA query_only")
db.execute(sys.argv[2])
db.execute("SELECT count(*) FROM outbox").fetchone()
print("holds", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def _another(mine: Profile, statement: str) -> Iterator[int]:
    """Let another process hold the store by a statement; give its number."""
    command = [sys.executable, "-c", _OTHER, str(store_path(mine)), statement]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        yield process.pid
        process.communicate("")


@pytest.mark.parametrize("statement", ["BEGIN", "BEGIN IMMEDIATE"])
def test_who_is_in_the_way_is_named_and_nothing_is_deleted(tmp_path: Path, statement: str) -> None:
    mine = profile(tmp_path)
    fill_outbox(mine, 1)
    with _another(mine, statement) as number:
        with opened(mine, 0.2) as db, pytest.raises(BusyError) as caught:
            erase(db, store_path(mine), lambda: outbox.remove_all(db))
        if sys.platform == "linux":
            assert f"is held by process {number}" in str(caught.value)
    with opened(mine) as db:
        assert len(outbox.everything(db)) == 1
        erase(db, store_path(mine), lambda: outbox.remove_all(db))
    assert b"c0ffee00" not in _held(mine)


def test_a_writer_and_a_deletion_wait_for_each_other_in_turn(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    fill_outbox(mine, 1)
    deleted: list[int] = []

    def delete() -> None:
        with opened(mine) as db:
            deleted.append(erase(db, store_path(mine), lambda: outbox.remove_all(db)))

    with opened(mine, 1.0) as db:
        deleting = [threading.Thread(target=delete) for _ in range(2)]
        with transaction(db):
            set_meta(db, "one", "1")
            for each in deleting:
                each.start()
            time.sleep(0.3)  # the deletions are at the store by now
        for each in deleting:
            each.join()
        assert sorted(deleted) == [0, 1]
        assert get_meta(db, "one") == "1"


class _Full:
    """A connection on a disk that has room for nothing until `room` says so. It stands in for a full filesystem."""

    def __init__(self, db: Database, room: Callable[[str], bool]) -> None:
        self._db = db
        self._room = room
        self._journal = ""

    def __getattr__(self, name: str) -> object:
        return getattr(self._db, name)

    def execute(self, statement: str, *parameters: object) -> sqlite3.Cursor:
        if statement.startswith("PRAGMA journal_mode="):
            self._journal = statement.partition("=")[2]
        if statement.startswith("DELETE FROM outbox") and not self._room(self._journal):
            self._db.execute("ROLLBACK")  # as SQLite does there by itself
            full = sqlite3.OperationalError("database or disk is full")
            full.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise full
        return self._db.execute(statement, *parameters)  # type: ignore[arg-type]  # as sqlite3's own takes them


def test_on_a_full_disk_the_ballast_is_given_up_first_and_then_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shimmy_metrics.store.erase.filesystem", lambda _: "ext4")
    mine = profile(tmp_path)
    fill_outbox(mine, 1)
    ballast = Path(ballast_path(store_path(mine)))
    assert ballast.stat().st_size == 131_072
    tried: list[tuple[str, bool]] = []

    def no_room(journal: str) -> bool:
        tried.append((journal, ballast.exists()))
        return journal == "MEMORY"

    with opened(mine) as db:
        full = _Full(db, no_room)
        erase(full, store_path(mine), lambda: outbox.remove_all(full))  # type: ignore[arg-type]  # it is one in all we use
    assert tried == [("PERSIST", True), ("PERSIST", False), ("MEMORY", False)]
    assert b"c0ffee00" not in _held(mine)


def test_where_even_that_fails_it_is_said(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    fill_outbox(mine, 1)
    with opened(mine) as db:
        full = _Full(db, lambda journal: False)
        with pytest.raises(FullError, match="disk is full"):
            erase(full, store_path(mine), lambda: outbox.remove_all(full))  # type: ignore[arg-type]  # see above
        assert len(outbox.everything(db)) == 1


def test_a_journal_that_cannot_be_overwritten_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a quota on a copy-on-write filesystem: there overwriting takes room."""

    def refused(path: Path) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded", str(path))

    mine = profile(tmp_path)
    fill_outbox(mine, *range(8))
    monkeypatch.setattr("shimmy_metrics.store.erase.wipe", refused)
    with opened(mine) as db:
        assert erase(db, store_path(mine), lambda: outbox.remove_all(db)) == 8
    assert b"c0ffee00" not in _held(mine)


class _Failing:
    """A connection on a disk that fails: whatever is done after the deletion is refused."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def __getattr__(self, name: str) -> object:
        return getattr(self._db, name)

    def execute(self, statement: str, *parameters: object) -> sqlite3.Cursor:
        if statement == "PRAGMA journal_mode=TRUNCATE":
            raise sqlite3.OperationalError("disk I/O error")
        return self._db.execute(statement, *parameters)  # type: ignore[arg-type]  # as sqlite3's own takes them


def test_what_fails_afterwards_hides_neither_the_result_nor_the_reason(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    fill_outbox(mine, 1)
    with opened(mine) as db:
        failing = _Failing(db)

        def refuse() -> None:
            raise UserError("this report is being sent right now")

        with pytest.raises(UserError, match="being sent"):
            erase(failing, store_path(mine), refuse)  # type: ignore[arg-type]  # it is one in all we use
        assert erase(failing, store_path(mine), lambda: outbox.remove_all(db)) == 1  # type: ignore[arg-type]  # see above
    with opened(mine) as db:
        assert outbox.everything(db) == []


def test_where_overwriting_takes_room_no_journal_is_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shimmy_metrics.store.erase.filesystem", lambda _: "btrfs")
    mine = profile(tmp_path)
    fill_outbox(mine, 1)
    tried: list[str] = []

    def no_room(journal: str) -> bool:
        tried.append(journal)
        return False

    with opened(mine) as db:
        full = _Full(db, no_room)
        with pytest.raises(FullError):
            erase(full, store_path(mine), lambda: outbox.remove_all(full))  # type: ignore[arg-type]  # see above
    assert tried == ["PERSIST", "PERSIST"]
