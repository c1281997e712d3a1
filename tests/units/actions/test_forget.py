"""Forgetting leaves the recorded no and nothing else, whatever state the files are in; what it cannot do is named."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import pytest

from shimmy_metrics.actions.decide import Decided, decline, enable, only_for_me
from shimmy_metrics.actions.files import FileKind, files
from shimmy_metrics.actions.forget import forget, forget_plan
from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.actions.receipts import deletable, delete_receipts
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.store import departures, outbox
from shimmy_metrics.store.database import opened
from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.files import done, question, total
from support.lived_in import OTHER_ID, kinds, lived_in, stands
from support.pieces import pieces_left
from support.samples import NOW, SESSION_ID, profile, queued
from support.store_files import store_path


def test_all_is_gone_but_the_recorded_no(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    result = forget(mine)
    assert (result.complete, result.purged.reports, stands(mine)) == (True, 1, True)
    assert kinds(mine) == [FileKind.CONFIG]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine.config_path]
    assert not mine.state_path.exists()


def test_only_for_me_becomes_a_plain_no(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    only_for_me(mine)
    assert forget(mine).complete
    assert stands(mine)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_a_yes_that_does_not_count_becomes_a_no_too(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    enable(mine)
    mine.config_path.chmod(0o666)
    assert load(mine).decision.consent is Consent.UNDECIDED
    assert forget(mine).complete
    mine.config_path.chmod(0o600)
    assert stands(mine)


def test_how_a_no_was_recorded_that_could_not_be_written_as_usual_is_told(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    told = "There was no other way to write it."
    done_so = Decided(load(mine).decision, changed=True, purged=PurgeResult(), notices=(told,))
    with patch("shimmy_metrics.actions.forget.decline", return_value=done_so):
        assert next(iter(done(forget(mine), NOW))) == told


def test_foreign_keys_of_the_config_stay(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True)
    mine.config_path.write_text('{"models": ["/home/m"], "metrics": {"enabled": true, "theirs": 1}}')
    assert forget(mine).complete
    document = load(mine)
    assert stands(mine)
    assert (document.data["models"], document.data["metrics"]["theirs"]) == (["/home/m"], 1)


@pytest.mark.parametrize("text", [None, "", '{"models": []}', '{"metrics": {}}'])
def test_where_nothing_was_decided_no_answer_is_recorded(tmp_path: Path, text: str | None) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db:
        outbox.add(db, queued())
    if text is not None:
        mine.config_path.parent.mkdir(parents=True)
        mine.config_path.write_text(text)
    assert forget(mine).complete
    assert not mine.state_path.exists()
    assert (mine.config_path.read_text() if mine.config_path.exists() else None) == text


def test_a_recorded_no_stays_as_it_is(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    decline(mine)
    before = mine.config_path.read_bytes()
    assert not forget_plan(mine).withdraws
    assert forget(mine).complete
    assert mine.config_path.read_bytes() == before


def test_a_config_that_cannot_be_read_keeps_its_bytes_and_all_else_goes(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    mine.config_path.write_text('{"metrics": {')
    result = forget(mine)
    assert not result.complete
    assert "no valid JSON" in result.not_recorded
    assert mine.config_path.read_text() == '{"metrics": {'
    assert kinds(mine) == [FileKind.CONFIG]
    assert any(line.startswith("Your no is not recorded: ") for line in done(result, NOW))


@pytest.mark.parametrize("damage", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 9_000, b""])
def test_a_damaged_store_is_deleted(tmp_path: Path, damage: bytes) -> None:
    mine = lived_in(profile(tmp_path))
    store_path(mine).write_bytes(damage)
    assert forget_plan(mine).unread or not damage
    assert forget(mine).complete
    assert kinds(mine) == [FileKind.CONFIG]
    assert stands(mine)


def test_a_store_of_a_newer_program_and_a_killed_session_s_journal_are_deleted(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    with opened(mine) as db:
        db.execute("PRAGMA user_version=99")
    store_path(mine).with_name("metrics.db-journal").write_bytes(os.urandom(512))
    assert forget(mine).complete
    assert kinds(mine) == [FileKind.CONFIG]


def _blocks(path: Path) -> int:
    return os.open(path, os.O_RDONLY)


def test_a_file_holds_zeros_no_more_before_it_is_unlinked(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    seen = [
        _blocks(Path(each.path))
        for each in files(mine)
        if each.kind in (FileKind.STORE, FileKind.STORE_JOURNAL, FileKind.LOG)
    ]
    assert forget(mine).complete
    assert [os.pread(each, 100, 0) for each in seen] == [b""] * len(seen)
    assert [os.fstat(each).st_nlink for each in seen] == [0] * len(seen)
    for each in seen:
        os.close(each)


def test_what_has_a_second_name_is_unlinked_and_its_bytes_stay(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    notes = tmp_path / "notes.txt"
    notes.write_text("somebody's")
    Path(mine.log_file).unlink()
    os.link(notes, Path(mine.log_file))
    assert forget(mine).complete
    assert notes.read_text() == "somebody's"


KILLED = """
import os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from shimmy_metrics.actions.forget import forget
from support.samples import profile
mine = profile(Path(sys.argv[2]))
print("ready", flush=True); sys.stdin.readline()
forget(mine)
print("done", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("rounds", [8, pytest.param(50, marks=pytest.mark.long)])
def test_killed_at_any_instant_it_can_be_done_again(tmp_path: Path, rounds: int) -> None:
    tests = str(Path(__file__).parents[2])
    took = 0.04
    unfinished = 0
    for number in range(rounds):
        mine = lived_in(profile(tmp_path / str(number)))
        command = [sys.executable, "-c", KILLED, tests, str(tmp_path / str(number))]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            began = time.monotonic()
            process.stdin.write(b"\n")
            process.stdin.flush()
            if number:
                time.sleep(random.uniform(0, took * 1.2))
                process.send_signal(signal.SIGKILL)
            if process.stdout.read() == b"done\n":
                took = min(time.monotonic() - began, 1.0)
        said_no = stands(mine)
        unfinished += len(kinds(mine)) > 1
        result = forget(mine)
        assert result.complete, result.not_deleted
        assert kinds(mine) == [FileKind.CONFIG]
        assert stands(mine)
        assert said_no or number, "the first was not killed"
    assert unfinished, "no kill came in the middle of it"


def _rows(mine: Profile) -> dict[str, list[tuple[object, ...]]]:
    with opened(mine) as db:
        names = [str(row[0]) for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def _column(rows: dict[str, list[tuple[object, ...]]], table: str, mine: Profile, column: str) -> list[object]:
    with opened(mine) as db:
        names = [str(row[1]) for row in db.execute(f"PRAGMA table_info({table})")]
    return [row[names.index(column)] for row in rows[table]]


def test_what_remains_after_a_no_and_the_receipts_deletion_is_exactly_this(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    sent = queued(OTHER_ID)
    decline(mine)
    assert delete_receipts(mine, deletable(mine).departures).receipts == 1
    in_state = {path.name for path in mine.state_path.iterdir()}
    assert in_state == {"metrics.db", "metrics.db-journal", "metrics.log", "ballast", "sender.lock"}
    rows = _rows(mine)
    # The last day and month told, so that a later yes tells neither twice; no failure counts.
    assert rows.pop("meta") == [("active-day", "2026-11-23"), ("machine-month", "2026-11")]
    assert [rows.pop(name) for name in ("sessions", "latest", "outbox", "days")] == [[], [], [], []]
    # How many sessions, reports and departures there were.
    assert sorted(rows.pop("sqlite_sequence")) == [("departures", 1), ("outbox", 1), ("sessions", 1)]
    # That something left: when, where to, its digest and length, what became of it; not what, nor which report.
    assert _column(rows | {"departures": rows["departures"]}, "departures", mine, "sha256") == [sent.sha256]
    assert _column(rows, "departures", mine, "body") == [None]
    assert _column(rows, "departures", mine, "report_ids") == ["[]"]
    assert len(rows.pop("departures")) == 1
    # That its receipt was deleted, and when.
    assert [row[3:5] for row in rows.pop("notes")] == [(4, 1)]
    assert rows == {}
    everything = b"".join(path.read_bytes() for path in mine.state_path.iterdir())
    for gone in (SESSION_ID, OTHER_ID, "2026-11-22"):
        assert gone.encode() not in everything
    assert pieces_left(sent.body, everything) == []


def test_what_a_no_itself_keeps_is_the_receipt(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    decline(mine)
    with opened(mine) as db:
        (kept,) = departures.everything(db)
    assert kept.body == queued(OTHER_ID).body


def test_doing_it_twice_changes_nothing(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    forget(mine)
    before = mine.config_path.read_bytes()
    assert forget(mine).deleted == ()
    assert mine.config_path.read_bytes() == before
    assert kinds(mine) == [FileKind.CONFIG]


def test_the_sizes_are_those_that_were_asked_about_although_the_withdrawal_writes(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    before = forget_plan(mine)

    def decline_and_log(profile: Profile) -> Decided:
        log_event(profile, "the sender met an error and ended")
        return decline(profile)

    with patch("shimmy_metrics.actions.forget.decline", decline_and_log):
        result = forget(mine)
    assert sorted(result.deleted) == sorted(before.files)
    assert f"Deleted: {total(before.files)}." in done(result, NOW)


def test_of_a_config_that_cannot_be_used_no_recorded_no_is_promised(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    mine.config_path.write_text("{")
    asked = " ".join(question(forget_plan(mine)))
    assert asked.startswith(f"Your no cannot be recorded: {mine.config_path}")
    assert "your no is recorded" not in asked
    assert forget(mine).not_recorded


def test_of_a_config_alone_there_is_nothing_to_delete_before_and_after(tmp_path: Path) -> None:
    """Recording the no makes a lock beside it, which goes again."""
    mine = profile(tmp_path)
    enable(mine)
    for each in mine.config_path.parent.iterdir():
        if each != mine.config_path:
            each.unlink()
    asked = list(question(forget_plan(mine)))
    assert asked == [
        "This withdraws: your no is recorded, and a running server is no longer measured.",
        "There is nothing to delete.",
    ]
    result = forget(mine)
    assert (result.complete, result.deleted) == (True, ())
    assert "There is nothing to delete." in done(result, NOW)
    assert kinds(mine) == [FileKind.CONFIG]
