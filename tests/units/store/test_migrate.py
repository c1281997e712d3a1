"""A store that an earlier version wrote: carried over whole; version 1's out of its log, without a mapped file."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.actions.decide import decline
from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.validate import validate_held
from shimmy_metrics.counters import Counters
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Cause, NoteKind, Outcome, QueueState
from shimmy_metrics.store import chain, departures, outbox, sessions
from shimmy_metrics.store.database import Database, get_meta, opened, transaction
from shimmy_metrics.store.readonly import open_readonly, unread
from shimmy_metrics.store.tables import VERSION
from shimmy_metrics.wording.deletions import purged as purged_lines
from support.departed import depart
from support.old_store import (
    CONFIG_2,
    EXPORT_2,
    RECEIPTS,
    URL,
    fill_old_store,
    write_old_store,
    write_store_2,
    write_store_3,
    write_store_4,
    write_store_5,
)
from support.queued import uuid
from support.samples import COUNTERS, NOW, profile, queued
from support.store_files import store_path

WRITERS = {1: write_old_store, 2: write_store_2, 3: write_store_3, 4: write_store_4, 5: write_store_5}


def test_every_earlier_version_is_tried_here() -> None:
    assert sorted(WRITERS) == list(range(1, VERSION))


def _columns(db: Database) -> dict[str, list[tuple[object, ...]]]:
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: db.execute(f"PRAGMA table_info({name})").fetchall() for name in tables}


@pytest.mark.parametrize("version", sorted(WRITERS))
def test_its_tables_are_then_those_of_a_new_store(tmp_path: Path, version: int) -> None:
    mine, new = profile(tmp_path / "old"), profile(tmp_path / "new")
    WRITERS[version](store_path(mine))
    with opened(mine) as db, opened(new) as fresh:
        assert _columns(db) == _columns(fresh)
        assert db.execute("PRAGMA user_version").fetchone()[0] == VERSION  # by this older programs leave it alone
        assert chain.broken(db) == []
        number = departures.everything(db)[0].row_id
        assert depart(db, queued(uuid(1))) > number  # no number is given twice
        assert chain.broken(db) == []


@pytest.mark.parametrize("version", sorted(WRITERS))
@pytest.mark.parametrize("off", [False, True])
def test_a_look_reads_it_without_migrating_the_file(tmp_path: Path, version: int, off: bool) -> None:
    mine = profile(tmp_path)
    WRITERS[version](store_path(mine))
    with opened(mine) as db:
        numbers = [each.row_id for each in departures.everything(db)]
    store_path(mine).unlink()
    WRITERS[version](store_path(mine))
    with open_readonly(mine, off=off) as db:
        if off and version == 1:  # it has a log: see below
            assert db is None
            return
        assert db is not None
        assert [each.row_id for each in departures.everything(db)] == numbers
    with closing(sqlite3.connect(store_path(mine))) as old:
        assert old.execute("PRAGMA user_version").fetchone()[0] == (version if off or version > 1 else VERSION)


def _with_kind(departure: dict[str, Any]) -> dict[str, Any]:
    """Return a departure of version 2's export as it is exported now: all of them sent reports."""
    ids = departure.pop("report_ids")
    return {**departure, "kind": 1, "report_ids": ids}


@pytest.mark.parametrize("version", [2, 3, 4, 5])
def test_what_version_2_exported_is_exported_to_the_byte_but_for_version_1_s_sentence(
    tmp_path: Path, version: int
) -> None:
    mine = profile(tmp_path)
    WRITERS[version](store_path(mine))
    mine.config_path.parent.mkdir(parents=True, mode=0o700)
    mine.config_path.write_text(CONFIG_2)
    mine.config_path.chmod(0o600)
    sentence = b'"reason": "the receiver: 400"'
    assert EXPORT_2.count(sentence) == 1
    known = json.loads(EXPORT_2.replace(sentence, b'"reason": "400"'))
    for each in known["sessions"]:  # what is counted since then has its start value
        each["counters"] = Counters.from_json(each["counters"]).as_json()
    known["departures"] = [_with_kind(each) for each in known["departures"]]
    parts = list(known.items())
    parts.insert(list(known).index("notes"), ("days", []))
    known = dict(parts)
    expected = (json.dumps(known, indent=2) + "\n").encode()
    assert export(mine) == expected
    with opened(mine):
        pass
    assert export(mine) == expected
    assert validate_held(mine).violations == ()


@pytest.mark.parametrize(
    ("sentence", "status"),
    [("the receiver answered 413", "413"), ("the receiver: 400", "400"), ("400", "400"), ("its time was up", "")],
)
@pytest.mark.parametrize("version", [1, 2])
def test_of_a_sentence_for_a_refusal_the_status_is_kept(
    tmp_path: Path, version: int, sentence: str, status: str
) -> None:
    mine = profile(tmp_path)
    WRITERS[version](store_path(mine))
    column = {1: "reason", 2: "detail"}[version]
    with closing(sqlite3.connect(store_path(mine), isolation_level=None)) as old:
        old.execute(f"UPDATE outbox SET {column} = ? WHERE report_id = ?", (sentence, uuid(13)))
    with opened(mine) as db:
        (refused,) = [each for each in outbox.everything(db) if each.report_id == uuid(13)]
    assert (refused.cause, refused.detail) == (Cause.REFUSED, status)


def _all_is_there(db: Database) -> None:
    assert chain.broken(db) == []
    receipts = [each for each in departures.everything(db) if each.body]
    assert [each.body for each in reversed(receipts)] == [body for _, body, *_ in RECEIPTS if body]
    assert [(each.outcome, each.status, each.taken, each.endpoint) for each in receipts] == [
        (Outcome.ACCEPTED, 202, 2, URL),
        (Outcome.CONFIRMED, 200, 1, URL),
    ]
    assert [(each.kind, each.number) for each in chain.notes(db)] == [
        (NoteKind.DROPPED, 3),
        (NoteKind.DELETED, 1),
        (NoteKind.FOLDED, 12),
    ]
    assert [(each.report_id, each.state, each.cause) for each in outbox.everything(db)] == [
        (uuid(11), QueueState.SET_ASIDE, Cause.OLDER_RULES),
        (uuid(12), QueueState.SET_ASIDE, Cause.OLDER_RULES),
        (uuid(13), QueueState.SET_ASIDE, Cause.REFUSED),
    ]
    assert [each.counters for each in sessions.everything(db)] == [COUNTERS, COUNTERS]
    assert [each.report_id for each in sessions.kept(db)] == [uuid(101)]
    assert [each.report_id for each in sessions.running(db)] == [uuid(102)]
    assert get_meta(db, "active-day") == "2026-11-23"


def test_it_is_carried_over_whole_and_the_chain_goes_on(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    write_old_store(store_path(mine))
    with opened(mine) as db:
        _all_is_there(db)
        assert db.execute("PRAGMA user_version").fetchone()[0] == VERSION
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "truncate"
        with transaction(db):
            chain.add_note(db, at=NOW, kind=NoteKind.DELETED, number=1)
        assert chain.broken(db) == []
    assert store_path(mine).read_bytes()[18:20] == b"\x01\x01"
    assert sorted(entry.name for entry in mine.state_path.iterdir()) == ["ballast", "metrics.db", "metrics.db-journal"]


@pytest.mark.parametrize(("version", "never", "unrecorded"), [(1, 0, 3), (2, 4, 6), (3, 4, 6), (4, 4, 6), (5, 4, 6)])
def test_of_what_an_older_version_sent_unrecorded_it_is_not_said_that_it_never_left(
    tmp_path: Path, version: int, never: int, unrecorded: int
) -> None:
    mine = profile(tmp_path)
    WRITERS[version](store_path(mine))
    purged = decline(mine).purged
    assert (purged.reports, purged.unrecorded) == (never, unrecorded)
    assert f"{unrecorded} reports of an earlier version, which kept no record" in " ".join(purged_lines(purged, NOW))


def test_an_edit_that_the_old_chain_showed_is_shown_after_it(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    write_old_store(store_path(mine))
    with closing(sqlite3.connect(store_path(mine), isolation_level=None)) as old:
        old.execute("UPDATE receipts SET status = 201 WHERE id = 2")
    with opened(mine) as db:
        assert chain.broken(db) == ["departure 1"]


def test_while_off_it_is_not_read_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    write_old_store(store_path(mine))
    before = store_path(mine).read_bytes()
    with open_readonly(mine, off=True) as db:
        assert db is None
    assert unread(mine)
    assert [entry.name for entry in mine.state_path.iterdir()] == ["metrics.db"]
    assert store_path(mine).read_bytes() == before


def test_a_killed_program_s_log_is_folded_in(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    away = tmp_path / "away"
    away.mkdir()
    with closing(fill_old_store(away / "metrics.db")):  # open, so that its log stays
        shutil.copytree(away, mine.state_path)
    assert (mine.state_path / "metrics.db-wal").stat().st_size > 0
    with open_readonly(mine) as db:
        assert db is not None
        _all_is_there(db)
    assert not (mine.state_path / "metrics.db-wal").exists()


_OLDER_PROGRAM = """
import sys
from pathlib import Path
from support.old_store import fill_old_store
db = fill_old_store(Path(sys.argv[1]))
db.execute("SELECT count(*) FROM receipts").fetchone()
print("open", flush=True)
sys.stdin.read()
print(*db.execute("SELECT count(*) FROM receipts").fetchone())
"""


def test_while_an_older_program_has_it_open_it_is_left_as_it_is(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    older = subprocess.Popen(
        [sys.executable, "-c", _OLDER_PROGRAM, str(store_path(mine))],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert older.stdout is not None
    assert older.stdout.readline() == "open\n"
    before = store_path(mine).read_bytes()
    for look in (opened, open_readonly):
        with pytest.raises(UserError, match=r"older version of shimmy-metrics.*stop the server"), look(mine):
            pass
    assert store_path(mine).read_bytes() == before
    assert older.communicate("")[0] == f"{len(RECEIPTS)}\n"
    with opened(mine) as db:
        _all_is_there(db)


_KILLED = """
import os, signal, sys
from pathlib import Path
from support.old_store import fill_old_store
fill_old_store(Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed by a signal")
def test_of_a_killed_older_program_s_log_nothing_stays(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True, mode=0o700)
    tests = Path(__file__).parents[2]
    killed = [sys.executable, "-c", _KILLED, str(store_path(mine))]
    subprocess.run(killed, env={"PYTHONPATH": str(tests)}, check=False)
    assert {entry.name for entry in mine.state_path.iterdir()} == {"metrics.db", "metrics.db-wal", "metrics.db-shm"}
    with opened(mine) as db:
        _all_is_there(db)
    assert sorted(entry.name for entry in mine.state_path.iterdir()) == ["ballast", "metrics.db", "metrics.db-journal"]
