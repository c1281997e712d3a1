"""A withdrawal deletes all that was not delivered, and says of each report whether it had left."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.actions import purge
from shimmy_metrics.actions.decide import Decided, decline, enable, only_for_me
from shimmy_metrics.actions.deletion import delete_undelivered
from shimmy_metrics.actions.outbox import delete
from shimmy_metrics.actions.purge import purge_without_consent
from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.consent.effective_consent import Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.delivery.backoff import AT_START
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Departure, Failure, Outcome
from shimmy_metrics.store import chain, days, departures, outbox, sessions
from shimmy_metrics.store.database import get_meta, opened, set_meta, transaction
from shimmy_metrics.store.readonly import unread
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.deletions import purged as sentences
from support.installed import LONGEST
from support.queued import LOCAL, fill_outbox, uuid
from support.samples import COUNTERS, NOW, SUMMED, profile, session
from support.store_files import store_path
from support.timely import in_time


def _left(root: Path) -> bytes:
    return b"".join(path.name.encode() + path.read_bytes() for path in (root / "state").rglob("*") if path.is_file())


def _measured(root: Path) -> Profile:
    """Return a profile with two waiting reports, a session that runs and one kept for the person."""
    mine = profile(root, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    fill_outbox(mine, 1, 2)
    with opened(mine) as db:
        sessions.begin(db, session(uuid(3), consent_id="g"))
        sessions.finish(db, sessions.begin(db, session(uuid(4), local=True)), NOW, local=True)
    return mine


def _departed(mine: Profile, outcome: Outcome | None, *reports: str) -> None:
    with opened(mine) as db, transaction(db):
        number = departures.begin(db, Departure(0, NOW, LOCAL, "0" * 64, 640, len(reports), by_hand=False))
        departures.record_report_ids(db, number, reports)
        if outcome is not None:
            departures.complete(db, number, ended=NOW, outcome=outcome, status=500)


def test_a_recall_that_began_once_the_last_sender_had_ended_is_not_completed_by_a_deletion(tmp_path: Path) -> None:
    mine = _measured(tmp_path)
    lock = Lock(lock_path(mine))
    assert lock.take()
    try:
        _departed(mine, None, uuid(1))
        delete_undelivered(mine, local=False)
        with opened(mine) as db, transaction(db):
            (under_way,) = departures.everything(db)
            assert under_way.ended is None
            departures.complete(db, under_way.row_id, ended=NOW, outcome=Outcome.RECALLED, status=204)
            assert not chain.broken(db)
    finally:
        lock.release()


def test_a_no_deletes_everything_that_was_not_delivered(tmp_path: Path) -> None:
    mine = _measured(tmp_path)
    purged = decline(mine).purged
    assert purged == PurgeResult(reports=2, sessions=1, requests=COUNTERS.requests)
    assert b"c0ffee00" not in _left(tmp_path)
    assert purge_without_consent(mine) == PurgeResult()


def test_the_own_figures_stay_with_only_for_me_and_with_another_yes_and_go_with_a_no(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    with opened(mine) as db:
        number = sessions.begin(db, session(consent_id="g")._replace(counters=SUMMED))
        sessions.remove(db, number)  # its report has left
    for keep in (only_for_me, enable, only_for_me):
        assert keep(mine).purged == PurgeResult()
        with opened(mine) as db:
            assert {each.day.isoformat(): each.sums for each in days.everything(db)} == SUMMED.days
    purged = decline(mine).purged
    assert purged == PurgeResult(days=2)
    assert list(sentences(purged, NOW)) == ["Deleted: your own figures of 2 days."]
    assert b"2026-11-22" not in _left(tmp_path)
    assert decline(mine).purged == PurgeResult()


def test_only_for_me_keeps_when_reports_leave_though_reports_waited(tmp_path: Path) -> None:
    mine = _measured(tmp_path)
    with opened(mine) as db, transaction(db):
        set_meta(db, AT_START, "no")
    assert only_for_me(mine).purged.kept == 2
    with opened(mine) as db:
        assert get_meta(db, AT_START) == "no"
    decline(mine)
    with opened(mine) as db:
        assert get_meta(db, AT_START) == ""


def test_a_no_deletes_when_reports_leave_though_nothing_else_of_a_session_is_left(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    with opened(mine) as db, transaction(db):
        set_meta(db, AT_START, "no")  # as a server's start does, of whose report the person then deleted the last trace
    assert decline(mine).purged == PurgeResult()
    with opened(mine) as db:
        assert get_meta(db, AT_START) == ""


@pytest.mark.parametrize("distrusted", [False, True])
def test_a_deleted_config_deletes_them_too_and_one_that_is_not_trusted_decides_nothing(
    tmp_path: Path, distrusted: bool
) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    with opened(mine) as db:
        sessions.remove(db, sessions.begin(db, session(consent_id="g")._replace(counters=SUMMED)))
    if distrusted:
        mine.config_path.chmod(0o666)
    else:
        mine.config_path.unlink()
    assert purge_without_consent(mine).days == (0 if distrusted else 2)
    with opened(mine) as db:
        assert len(days.everything(db)) == (2 if distrusted else 0)


def test_beside_a_config_that_cannot_be_read_the_environment_s_address_is_in_force(tmp_path: Path) -> None:
    for address, shown in ((LOCAL, LOCAL), ("nonsense", ENDPOINT)):
        mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=address)
        mine.config_path.parent.mkdir(parents=True, exist_ok=True)
        mine.config_path.write_text("{")
        reading = purge.read_consent_and_purge(mine)
        assert reading.unusable is Unusable.CONFIG
        assert reading.consent.endpoint == shown


def test_what_had_left_before_is_said_with_its_departure(tmp_path: Path) -> None:
    mine = _measured(tmp_path)
    _departed(mine, Outcome.ERROR, uuid(1))
    _departed(mine, Outcome.NOTHING_LEFT, uuid(2))
    purged = decline(mine).purged
    ((departure, number),) = purged.sent_before
    assert (departure.outcome, departure.status, number, purged.reports) == (Outcome.ERROR, 500, 1, 1)


def test_where_the_no_cannot_be_recorded_it_is_said_all_the_same_of_each_report_whether_it_was_sent(
    tmp_path: Path,
) -> None:
    mine = _measured(tmp_path)
    _departed(mine, Outcome.ERROR, uuid(1))
    mine.config_path.write_bytes(b"[]")
    with pytest.raises(UserError, match=r"here \(1 never sent, 1 of which bytes had been sent\) is deleted, and so is"):
        decline(mine)


def test_what_a_killed_sender_left_open_may_have_left(tmp_path: Path) -> None:
    mine = _measured(tmp_path)
    _departed(mine, None, uuid(1), uuid(2))
    ((departure, number),) = decline(mine).purged.sent_before
    assert (departure.outcome, departure.failure, number) == (Outcome.MAY_HAVE_LEFT, Failure.INTERRUPTED, 2)


def test_only_for_me_deletes_nothing_that_can_be_kept(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    fill_outbox(mine, 1)
    with opened(mine) as db:
        sessions.finish(db, sessions.begin(db, session(uuid(1), consent_id="g")), NOW, local=False)
    assert only_for_me(mine).purged == PurgeResult(kept=1)
    with opened(mine) as db:
        assert outbox.everything(db) == []
        assert [each.report_id for each in sessions.kept(db)] == [uuid(1)]
    assert only_for_me(mine).purged == PurgeResult()
    assert decline(mine).purged == PurgeResult(sessions=1)


def test_what_had_left_before_and_is_kept_for_the_person_is_not_called_deleted(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    fill_outbox(mine, 1)
    with opened(mine) as db:
        sessions.finish(db, sessions.begin(db, session(uuid(1), consent_id="g")), NOW, local=False)
    _departed(mine, Outcome.ERROR, uuid(1))
    told = list(sentences(only_for_me(mine).purged, NOW))
    assert told[0].startswith("No longer waiting: 1 report of which bytes had been sent before: 1 report sent to ")
    assert told[1:] == ["1 report that waited became 1 session kept for you."]


def test_deleting_the_config_is_a_withdrawal_at_the_next_look(tmp_path: Path) -> None:
    mine = _measured(tmp_path)
    mine.config_path.unlink()
    assert purge_without_consent(mine).reports == 2
    assert b"c0ffee00" not in _left(tmp_path)
    assert enable(mine).purged == PurgeResult()


def test_it_waits_for_a_sender_that_is_at_work_and_says_what_that_brought_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "SENDER_END_SECONDS", LONGEST)
    mine = _measured(tmp_path)
    sender = Lock(lock_path(mine))
    assert sender.take()

    def bring_through() -> None:
        time.sleep(0.3)
        with opened(mine) as db, transaction(db):
            number = departures.begin(db, Departure(0, NOW, LOCAL, "0" * 64, 640, 1, by_hand=False))
            departures.record_report_ids(db, number, [uuid(1)])
            outbox.remove(db, 1)
            departures.complete(db, number, ended=NOW, outcome=Outcome.ACCEPTED, status=200, taken=1, body=b"x")
        sender.release()

    working = threading.Thread(target=bring_through)
    working.start()
    purged = decline(mine).purged
    working.join()
    assert purged.delivered is not None
    assert (purged.delivered.outcome, purged.reports, purged.may_leave_to) == (Outcome.ACCEPTED, 1, "")


def test_of_a_sender_that_does_not_end_it_says_where_a_report_may_still_leave(tmp_path: Path) -> None:
    mine = _measured(tmp_path)
    _departed(mine, None, uuid(1))
    sender = Lock(lock_path(mine))
    assert sender.take()
    began = time.monotonic()
    purged = decline(mine).purged
    took = time.monotonic() - began
    assert took > 0.9
    assert in_time(took, 2.5)
    assert purged.may_leave_to == LOCAL
    with opened(mine) as db:
        assert outbox.everything(db) == []
        (under_way,) = departures.everything(db)
        assert under_way.ended is None  # its sender may yet complete it
        assert chain.broken(db) == []
    sender.release()


_KILLED = """
import os, signal, sys
from pathlib import Path
from support.samples import profile, session
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened, set_meta
from support.store_files import store_path
with opened(profile(Path(sys.argv[1]))) as db:
    db.execute("PRAGMA cache_size=1")
    db.execute("BEGIN IMMEDIATE")
    for number in range(400):
        set_meta(db, f"x{number}", "x" * 900)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _killed(root: Path) -> Profile:
    """Leave a journal that is to be rolled back, as a process does that is killed in mid-transaction."""
    mine = _measured(root)
    command = [sys.executable, "-c", _KILLED, str(root)]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode < 0
    assert unread(mine)
    return mine


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_no_deletes_also_what_a_killed_process_left_unread(tmp_path: Path) -> None:
    mine = _killed(tmp_path)
    assert decline(mine).purged.reports == 2
    assert b"c0ffee00" not in _left(tmp_path)
    assert not unread(mine)


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_so_does_the_next_look_after_the_config_was_deleted(tmp_path: Path) -> None:
    mine = _killed(tmp_path)
    mine.config_path.unlink()
    assert purge_without_consent(mine).reports == 2
    assert b"c0ffee00" not in _left(tmp_path)


_READER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN")
db.execute("SELECT count(*) FROM outbox").fetchone()
print("reads", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("answer", [decline, only_for_me])
def test_with_a_reader_in_the_way_nothing_is_called_deleted_and_the_next_does_it(
    tmp_path: Path, answer: Callable[[Profile], Decided]
) -> None:
    mine = _measured(tmp_path)
    command = [sys.executable, "-c", _READER, str(store_path(mine))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline()
        with opened(mine) as db:
            (report, _) = outbox.everything(db)
        with pytest.raises(UserError, match="is held by"):
            delete(mine, report.row_id)
        said = "could not be deleted" if answer is decline else "stays as it is"
        for _ in range(2):
            with pytest.raises(UserError, match=f"Your answer is recorded; what is waiting here {said}"):
                answer(mine)
        reader.communicate(b"")
    result = purge_without_consent(mine)
    assert (result.reports, result.kept) == ((2, 0) if answer is decline else (0, 2))
    with opened(mine) as db:
        assert outbox.everything(db) == []


_CUT_SHORT = """
import os, signal
from shimmy_metrics.actions.decide import decline
from shimmy_metrics.store import erase
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.deletions import purged as sentences
erase.wipe = lambda _: os.kill(os.getpid(), signal.SIGKILL)
decline(Profile.current())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed by a signal")
def test_a_deletion_that_was_killed_before_its_journal_was_wiped_is_done_by_whoever_looks(tmp_path: Path) -> None:
    mine = _measured(tmp_path)
    command = [sys.executable, "-c", _CUT_SHORT]
    killed = subprocess.run(command, env=dict(mine.environment.variables) | _places(mine), check=False)
    assert killed.returncode == -signal.SIGKILL
    assert b"c0ffee00" in _left(tmp_path)
    purge_without_consent(mine)
    assert b"c0ffee00" not in _left(tmp_path)
    assert purge_without_consent(mine) == PurgeResult()


def _places(mine: Profile) -> dict[str, str]:
    """Return the variables by which another process finds the same places."""
    return {
        "XDG_CONFIG_HOME": str(mine.config_path.parent.parent),
        "XDG_STATE_HOME": str(mine.state_path.parent),
        "HOME": str(mine.state_path.parent),
    }
