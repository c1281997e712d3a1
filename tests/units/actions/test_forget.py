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
from shimmy_metrics.actions.forget import ForgetResult, forget, forget_plan
from shimmy_metrics.actions.purge import PurgeResult
from shimmy_metrics.actions.receipts import delete_receipts
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.delivery.seal import seal_ended
from shimmy_metrics.delivery.sender import send_queued
from shimmy_metrics.records import Departure, Outcome
from shimmy_metrics.store import departures, outbox, sessions
from shimmy_metrics.store.database import opened, set_meta, store_path, transaction
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.files import BEYOND, done, question
from support.samples import COUNTERS, NOW, SESSION_ID, SUMMED, profile, queued, session
from support.timely import in_time

OTHER_ID = "c0ffee00-0000-4000-8000-00000000beef"


def lived_in(mine: Profile) -> Profile:
    """Fill a profile: a yes, a session that runs, a waiting report, a receipt, a log line, leftovers."""
    enable(mine)
    waiting, sent = queued(), queued(OTHER_ID)
    with opened(mine) as db, transaction(db):
        outbox.add(db, waiting)
        sessions.begin(db, session(OTHER_ID.replace("beef", "feed"))._replace(counters=SUMMED))
        number = departures.begin(db, _departure(sent.body, sent.sha256))
        departures.record_report_ids(db, number, [OTHER_ID])
        departures.complete(db, number, ended=NOW, outcome=Outcome.CONFIRMED, status=200, taken=1, body=sent.body)
        for name, value in (("active-day", "2026-11-23"), ("machine-month", "2026-11"), ("failures", "2")):
            set_meta(db, name, value)
        set_meta(db, "passed-over", "1")
    log_event(mine, "the sender stopped")
    (mine.state_dir / "sender.lock").touch()
    (mine.state_dir / "session-9.lock").touch()
    mine.config_path.with_name(".config.json.abcd_123").write_text("{")
    return mine


def _departure(body: bytes, sha256: str) -> Departure:
    return Departure(0, NOW, "https://metrics.example/v1", sha256, len(body), 1, by_hand=False)


def kinds(mine: Profile) -> list[FileKind]:
    return [each.kind for each in files(mine)]


def reasons(result: ForgetResult) -> dict[str, str]:
    return {each.path.name: each.reason for each in result.not_deleted}


def stands(mine: Profile) -> bool:
    decision = load(mine).decision
    return decision.consent is Consent.DECLINED and not decision.local


def test_all_is_gone_but_the_recorded_no(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    result = forget(mine)
    assert (result.complete, result.purged.reports, stands(mine)) == (True, 1, True)
    assert kinds(mine) == [FileKind.CONFIG]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine.config_path]
    assert not mine.state_dir.exists()


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
    assert not mine.state_dir.exists()
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
        _blocks(each.path)
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
    mine.log_path.unlink()
    os.link(notes, mine.log_path)
    assert forget(mine).complete
    assert notes.read_text() == "somebody's"


HOLDER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN"); db.execute("SELECT * FROM meta").fetchall()
print("held", flush=True); time.sleep(60)
"""


def test_a_store_held_by_another_process_is_named_with_it_and_goes_once_that_ended(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(store_path(mine))], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        result = forget(mine)
        holder.kill()
    by = f"is held by process {holder.pid}" if sys.platform == "linux" else "is held by another program"
    assert reasons(result)["metrics.db"].startswith(by)
    assert stands(mine)
    assert FileKind.LOG not in kinds(mine)
    assert not any(line == BEYOND for line in done(result, NOW))
    assert forget(mine).complete
    assert kinds(mine) == [FileKind.CONFIG]


def test_a_session_that_ends_in_time_is_waited_for_and_one_that_does_not_is_named(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    held = Lock(mine.state_dir / "session-9.lock")
    assert held.take()
    began = time.monotonic()
    result = forget(mine)
    took = time.monotonic() - began
    assert took >= 2
    assert in_time(took, 6)
    assert list(reasons(result)) == ["session-9.lock"]
    held.release()
    assert forget(mine).complete
    assert not mine.state_dir.exists()


def test_a_sender_at_work_is_waited_for_and_named(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    held = Lock(mine.state_dir / "sender.lock")
    assert held.take()
    result = forget(mine)
    held.release()
    assert "sender.lock" in reasons(result)
    assert result.purged.may_leave_to == "https://metrics.example/v1"
    assert any("may still be sent" in line for line in done(result, NOW))


def test_other_files_in_our_folder_are_left_with_it(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    (mine.state_dir / "notes.txt").write_text("somebody's")
    result = forget(mine)
    assert result.complete
    assert [path.name for path in mine.state_dir.iterdir()] == ["notes.txt"]
    assert f"{mine.state_dir} stays: it holds other files." in list(done(result, NOW))


def test_a_state_folder_that_is_a_link_stays(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    mine.state_dir.rename(tmp_path / "elsewhere")
    mine.state_dir.symlink_to(tmp_path / "elsewhere")
    result = forget(mine)
    assert result.complete
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert result.folder_kept is not None


def test_what_was_saved_under_the_offered_name_goes_and_is_asked_about(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    at_home = Profile(mine.config_path, mine.state_dir, mine.environment, mine.clock, home=tmp_path)
    saved, other = tmp_path / "shimmy-metrics-2026-11-23.json", tmp_path / "shimmy-metrics.json"
    saved.write_text("{}")
    other.write_text("{}")
    assert f"That includes what you saved as {saved}." in list(question(forget_plan(at_home)))
    assert forget(at_home).complete
    assert (saved.exists(), other.exists()) == (False, True)


def test_what_would_go_is_asked_with_its_numbers(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    before = forget_plan(mine)
    lines = list(question(before))
    files_told = f"{len(before.files) - 1} files, {before.size:,} bytes"
    held = "1 waiting report, 1 session, 1 receipt and your own figures of 2 days"
    assert lines[1] == f"It deletes {files_told}, with {held} in them."
    assert lines[0].startswith("This withdraws")
    assert list(question(before._replace(days=0)))[1].endswith(
        ", with 1 waiting report, 1 session and 1 receipt in them."
    )


def test_a_sender_that_starts_after_it_makes_nothing_anew(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    forget(mine)
    send_queued(mine, time.monotonic() + 1)
    seal_ended(mine, 1, COUNTERS)
    log_event(mine, "the sender stopped")
    assert kinds(mine) == [FileKind.CONFIG]


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
    assert delete_receipts(mine) == 1
    in_state = {path.name for path in mine.state_dir.iterdir()}
    assert in_state == {"metrics.db", "metrics.db-journal", "metrics.log", "ballast", "sender.lock"}
    rows = _rows(mine)
    # The last day and month told, so that a later yes tells neither twice; no failure counts.
    assert rows.pop("meta") == [("active-day", "2026-11-23"), ("machine-month", "2026-11")]
    assert (rows.pop("sessions"), rows.pop("outbox"), rows.pop("days")) == ([], [], [])
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
    everything = b"".join(path.read_bytes() for path in mine.state_dir.iterdir())
    for gone in (SESSION_ID, OTHER_ID, sent.body.decode(), "2026-11-22"):
        assert gone.encode() not in everything


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
