"""Forgetting where somebody else holds a file, or others' files lie beside ours: named, waited for, left."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shimmy_metrics.actions import forget as action
from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.files import FileKind, OwnFile
from shimmy_metrics.actions.forget import ForgetResult, forget, forget_plan
from shimmy_metrics.delivery.seal import seal_ended
from shimmy_metrics.delivery.sender import send_queued
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.log import Event, log_event
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.files import BEYOND, done, names, question, total
from support.lived_in import kinds, lived_in, stands
from support.samples import COUNTERS, NOW, profile, queued, session
from support.store_files import store_path
from support.timely import in_time

HOLDER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN"); db.execute("SELECT * FROM meta").fetchall()
print("held", flush=True); time.sleep(60)
"""


def reasons(result: ForgetResult) -> dict[str, str]:
    return {Path(each.path).name: each.reason for each in result.not_deleted}


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
    held = Lock(mine.state_path / "session-9.lock")
    assert held.take()
    began = time.monotonic()
    result = forget(mine)
    took = time.monotonic() - began
    assert took >= 2
    assert in_time(took, 6)
    assert list(reasons(result)) == ["session-9.lock"]
    held.release()
    assert forget(mine).complete
    assert not mine.state_path.exists()


def test_a_session_that_no_recorded_no_ends_keeps_the_store_that_it_would_make_again(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    mine.config_path.write_text("{")
    asked = " ".join(question(forget_plan(mine)))
    held = Lock(mine.state_path / "session-9.lock")
    assert held.take()
    result = forget(mine)
    held.release()
    assert reasons(result)["metrics.db"] == "would be made again by a server that runs. End it and do this again"
    assert re.search(r"It deletes \d+ files?, .*\. But the files of these that a running server uses stay\.", asked)
    with opened(mine) as db:
        assert not sessions.everything(db)
    assert not forget(mine).not_deleted


def test_a_log_that_is_written_while_it_withdraws_goes_and_is_none_of_the_files_that_it_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = lived_in(profile(tmp_path))
    Path(mine.log_file).unlink()
    asked = total(forget_plan(mine).files)
    event: Event = "measuring met an error; it does not stop the server"
    monkeypatch.setattr(action, "wait_until_gone", lambda *_: log_event(mine, event))
    result = forget(mine)
    assert total(result.deleted) == asked
    assert kinds(mine) == [FileKind.CONFIG]


def test_a_sender_at_work_is_waited_for_and_named(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    held = Lock(mine.state_path / "sender.lock")
    assert held.take()
    result = forget(mine)
    held.release()
    assert "sender.lock" in reasons(result)
    assert result.purged.may_leave_to == "https://metrics.example/v1"
    assert any("may still be sent" in line for line in done(result, NOW))


def test_other_files_in_our_folder_are_left_with_it(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    (mine.state_path / "notes.txt").write_text("somebody's")
    result = forget(mine)
    assert result.complete
    assert [path.name for path in mine.state_path.iterdir()] == ["notes.txt"]
    assert f"{mine.state_path} stays: it holds other files." in list(done(result, NOW))


def test_a_state_folder_that_is_a_link_stays(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    mine.state_path.rename(tmp_path / "elsewhere")
    mine.state_path.symlink_to(tmp_path / "elsewhere")
    result = forget(mine)
    assert result.complete
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert result.folder_kept is not None


def test_what_was_saved_under_the_offered_name_goes_and_is_asked_about(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    at_home = Profile(mine.config_path, mine.state_path, mine.environment, mine.clock, home=tmp_path)
    saved, other = tmp_path / "shimmy-metrics-2026-11-23.json", tmp_path / "shimmy-metrics.json"
    named = tmp_path / "shimmy-report-2026-11-23.json"
    saved.write_bytes(export(at_home))
    other.write_bytes(saved.read_bytes())
    named.write_text("{}")
    lines = list(question(forget_plan(at_home)))
    assert f"That includes 1 file that you saved in {tmp_path}: {saved.name}." in lines
    result = forget(at_home)
    assert result.complete
    assert (saved.exists(), other.exists(), named.exists()) == (False, True, True)
    assert next(names(result)) == "Deleted, by path:"
    assert f"  {saved}" in list(names(result))
    assert f"  {named}" not in list(names(result))


def test_many_saved_files_are_asked_about_in_one_sentence(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    paths = [str(tmp_path / f"shimmy-report-2026-11-{day:02}.json") for day in range(1, 31)]
    saved = [OwnFile(path, FileKind.EXPORT, 9) for path in paths]
    told = list(question(forget_plan(mine)._replace(files=tuple(saved))))
    named = ", ".join(Path(each.path).name for each in saved)
    assert told[2] == f"That includes 30 files that you saved in {tmp_path}: {named}."


def test_what_would_go_is_asked_with_its_numbers(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    before = forget_plan(mine)
    lines = list(question(before))
    files_told = f"{len(before.files) - 1} files, {before.size:,} bytes"
    held = "1 waiting report, 1 session, 1 receipt and your own figures of 2 days"
    assert lines[1].startswith(f"It deletes {files_told} (metrics.db, ")
    assert lines[1].endswith(f"), with {held} in the store, and leaves your config.")
    assert lines[0].startswith("This withdraws")
    assert list(question(before._replace(days=0)))[1].endswith(
        ", with 1 waiting report, 1 session and 1 receipt in the store, and leaves your config."
    )
    only = before._replace(days=0, reports=0, sessions=0)
    assert list(question(only))[1].endswith(", with 1 receipt in the store, and leaves your config.")
    none = only._replace(receipts=0, recallable=0)
    assert list(question(none))[1].endswith(
        ", with no report, session or receipt in the store, and leaves your config."
    )
    without = list(question(none._replace(withdraws=False, leaves_config=False)))
    assert without[0].endswith(", with no report, session or receipt in the store.")


def test_a_session_whose_report_waits_is_counted_as_that_alone(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    report = queued()
    with opened(mine) as db:
        sessions.finish(db, sessions.begin(db, session(report.report_id)), NOW, local=False)
        outbox.add(db, report)
    plan = forget_plan(mine)
    assert (plan.reports, plan.sessions) == (1, 0)
    assert any("with 1 waiting report in the store" in line for line in question(plan))


def test_a_sender_that_starts_after_it_makes_nothing_anew(tmp_path: Path) -> None:
    mine = lived_in(profile(tmp_path))
    forget(mine)
    send_queued(mine, time.monotonic() + 1)
    seal_ended(mine, 1, COUNTERS)
    log_event(mine, "the sender met an error and ended")
    assert kinds(mine) == [FileKind.CONFIG]
