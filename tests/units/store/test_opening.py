"""The store's file: private, durable, copied for a look, and left alone where it is none of ours."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened, transaction
from shimmy_metrics.store.readonly import open_readonly, unread
from shimmy_metrics.store.sqlite_errors import BusyError
from shimmy_metrics.store.tables import VERSION
from shimmy_metrics.system.profile import Profile
from support.installed import LONGEST
from support.samples import profile, queued
from support.store_files import journal_path, store_path


def test_the_store_is_private_and_in_one_place(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db:
        outbox.add(db, queued())
        names = sorted(entry.name for entry in mine.state_path.iterdir())
        assert names == ["ballast", "metrics.db", "metrics.db-journal"]
        for entry in mine.state_path.iterdir():
            assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert stat.S_IMODE(mine.state_path.stat().st_mode) == 0o700


def test_it_maps_no_file_and_syncs_each_transaction(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db:
        asked = ("journal_mode", "synchronous", "secure_delete", "mmap_size")
        assert [db.execute(f"PRAGMA {name}").fetchone()[0] for name in asked] == ["truncate", 2, 1, 0]


@pytest.mark.parametrize("off", [True, False])
def test_a_look_leaves_no_file_beside_it_and_holds_up_nobody(tmp_path: Path, off: bool) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db:
        outbox.add(db, queued())
    before = {entry.name: entry.read_bytes() for entry in mine.state_path.iterdir()}
    with open_readonly(mine, off=off) as db:
        assert db is not None
        assert len(outbox.everything(db)) == 1
        assert {entry.name: entry.read_bytes() for entry in mine.state_path.iterdir()} == before
        other = sqlite3.connect(store_path(mine), timeout=0, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        other.execute("COMMIT")
        other.close()
        assert len(outbox.everything(db)) == 1


def test_no_store_is_none_and_makes_nothing(tmp_path: Path) -> None:
    for off in (True, False):
        with open_readonly(profile(tmp_path), off=off) as db:
            assert db is None
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_a_store_that_was_not_made_yet(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    store_path(mine).touch()
    with open_readonly(mine) as db:
        assert db is None
    with opened(mine) as db:
        assert outbox.everything(db) == []


def test_a_transaction_that_fails_changes_nothing(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db:
        outbox.add(db, queued())
        with pytest.raises(ZeroDivisionError), transaction(db):
            outbox.remove_all(db)
            _ = 1 / 0
        assert len(outbox.everything(db)) == 1


_KILLED = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode=TRUNCATE")
db.execute("PRAGMA cache_spill=1")
db.execute("PRAGMA cache_size=1")
db.execute("BEGIN IMMEDIATE")
db.execute("DELETE FROM outbox")
for number in range(400):
    db.execute("INSERT INTO meta VALUES (?, ?)", (str(number), "x" * 900))
os.kill(os.getpid(), signal.SIGKILL)
"""


def _leave_a_hot_journal(mine: Profile) -> None:
    """Kill a writer in the middle of a transaction of which pages are in the file already."""
    with opened(mine) as db:
        outbox.add(db, queued())
    whole = store_path(mine).read_bytes()
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(store_path(mine))], check=False)
    assert killed.returncode < 0
    assert journal_path(store_path(mine)).stat().st_size > 0
    assert store_path(mine).read_bytes() != whole


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_killed_writer_s_transaction_is_rolled_back_by_the_next_look(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    _leave_a_hot_journal(mine)
    with open_readonly(mine) as db:
        assert db is not None
        assert len(outbox.everything(db)) == 1
    assert not journal_path(store_path(mine)).exists() or not journal_path(store_path(mine)).stat().st_size


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_while_off_a_store_with_a_killed_writer_s_journal_is_not_read_and_not_touched(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    _leave_a_hot_journal(mine)
    before = {entry.name: entry.read_bytes() for entry in mine.state_path.iterdir()}
    with open_readonly(mine, off=True) as db:
        assert db is None
    assert unread(mine)
    assert {entry.name: entry.read_bytes() for entry in mine.state_path.iterdir()} == before
    with opened(mine):
        pass
    assert not unread(mine)


_BEGUN = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=0); db.execute('BEGIN IMMEDIATE')"


def test_a_store_that_another_holds_is_said_to_be_held(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    with opened(mine):
        pass
    script = (
        "import sqlite3,sys; db=sqlite3.connect(sys.argv[1], isolation_level=None); db.execute('BEGIN IMMEDIATE'); "
    )
    script += "print('holds', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(store_path(mine))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "holds\n"
        by = f"process {other.pid}" if sys.platform == "linux" else "another program"
        with pytest.raises(BusyError, match=f"held by {by}"), opened(mine, 0.1) as db, transaction(db):
            pass
        with open_readonly(mine) as copy:  # a reader is not held up by a writer that has not come to its end
            assert copy is not None
        other.communicate("")


def test_a_look_in_one_thread_does_not_unlock_what_another_thread_writes(tmp_path: Path) -> None:
    """POSIX drops a process's locks on a file with the first descriptor of it that is closed."""
    mine = profile(tmp_path)
    began, may_end, looked = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        with opened(mine) as db, transaction(db):
            outbox.add(db, queued())
            began.set()
            may_end.wait(LONGEST)

    def look() -> None:
        with open_readonly(mine):
            looked.set()

    with opened(mine):
        pass
    writer, looker = threading.Thread(target=write), threading.Thread(target=look)
    writer.start()
    assert began.wait(LONGEST)
    looker.start()
    assert looked.wait(LONGEST)
    script = (
        "import sqlite3,sys; sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute('BEGIN IMMEDIATE')"
    )
    other = subprocess.run([sys.executable, "-c", script, str(store_path(mine))], capture_output=True, check=False)
    may_end.set()
    writer.join()
    looker.join()
    assert b"database is locked" in other.stderr


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 40)


def _newer(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA user_version={VERSION + 1}")
    other.execute("CREATE TABLE t (x)")
    other.close()


def _foreign(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE cookies (x)")
    other.close()


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (_garbage, "no database"),
        (_newer, "newer version"),
        (_foreign, "another program"),
        (Path.mkdir, "no regular file"),
        (os.mkfifo, "no regular file"),
    ],
)
def test_a_store_that_is_none_of_ours_is_left_alone_and_said_in_one_line(
    tmp_path: Path, make: object, what: str
) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    assert callable(make)
    make(store_path(mine))
    before = store_path(mine).read_bytes() if store_path(mine).is_file() else b""
    for look in (opened, open_readonly):
        with pytest.raises(UserError, match=what) as caught, look(mine):
            pass
        assert "\n" not in str(caught.value)
        assert str(store_path(mine)) in str(caught.value)
    assert (store_path(mine).read_bytes() if store_path(mine).is_file() else b"") == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    os.chown(mine.state_path, 12345, 12345)
    with pytest.raises(UserError, match="another user"), opened(mine):
        pass
    assert list(mine.state_path.iterdir()) == []
