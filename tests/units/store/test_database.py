"""How the store is opened, written and remembered in; room for what has to be written; rows that are none of ours."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.store import database, outbox
from shimmy_metrics.store.ballast import ballast_path
from shimmy_metrics.store.database import (
    all_meta,
    connect,
    delete_meta,
    get_meta,
    opened,
    set_meta,
    sqlite_files,
    transaction,
    uri,
    version_of,
)
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.store.tables import VERSION
from support.samples import memory_store, profile, queued
from support.store_files import journal_path, store_path

MOVE_AWAY = "Move it away; a new one is made at the latest when a server is measured"


def test_each_file_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    assert journal_path(path) == tmp_path / "metrics.db-journal"
    assert sqlite_files(path) == tuple(f"{path}{end}" for end in ("-journal", "-wal", "-shm"))
    assert ballast_path(path) == str(tmp_path / "ballast")
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
            return super().execute(sql, *values)  # type: ignore[arg-type]  # as sqlite3's own takes them

    mine.state_path.mkdir(parents=True)
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


@pytest.mark.parametrize("name", ["plain", "100%", "a%20b", "what?mode=rwc", "part#one", "a b&c=d", "\udcff"])
def test_a_store_is_found_by_its_uri_whatever_its_folder_is_called(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with closing(sqlite3.connect(folder / "metrics.db")) as made:
        made.execute("CREATE TABLE one (two)")
    with closing(sqlite3.connect(uri(folder / "metrics.db", "ro"), uri=True)) as found:
        assert found.execute("SELECT name FROM sqlite_master").fetchall() == [("one",)]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            found.execute("DROP TABLE one")
    assert [each.name for each in tmp_path.iterdir()] == [name]
