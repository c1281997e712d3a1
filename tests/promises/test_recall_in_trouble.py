"""A recall beside a sender, a no, a kill and a damaged store."""

import errno
import json
import subprocess
import time
from pathlib import Path

import pytest

from shimmy_metrics.actions.recall import find_recall
from shimmy_metrics.actions.recall import recall as ask_receiver
from shimmy_metrics.actions.validate import validate_held
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Cause, DepartureKind, Outcome, QueueState
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened
from shimmy_metrics.system.locks import Lock
from support.departed import depart
from support.installed import AFTER_FIVE_SECONDS, BIN, Home, wait_until
from support.one_line import assert_one_line
from support.queue_report import FIRST, SECOND, end_session, queue_report
from support.recalling import all_departures, history, home, recall, receiver
from support.receiver import Handler, Receiver, hang, status
from support.store_files import store_path

__all__ = ["home", "receiver"]


def test_a_report_that_may_have_left_is_recalled_and_never_sent_again(home: Home, receiver: Receiver) -> None:
    third, fourth = (FIRST[:-1] + each for each in "34")
    for each in (third, fourth):
        report = queue_report(home, each)
        with opened(home.profile) as db:
            depart(db, report, outcome=Outcome.NO_ANSWER, endpoint=receiver.url)
    assert recall(home, third).returncode == 0
    with opened(home.profile) as db:
        states = {each.report_id: (each.state, each.cause) for each in outbox.everything(db)}
    assert states[third] == (QueueState.SET_ASIDE, Cause.RECALLED)
    receiver.received.clear()
    refused = home.run("release", third, command="shimmy-metrics")
    assert_one_line(refused, "you recalled this report")
    assert "you recalled this report, and it is not sent again. Delete it" in refused.stderr
    end_session(home)
    (sent,) = receiver.received
    assert fourth.encode() in sent.body
    assert third.encode() not in sent.body


def test_one_killed_before_its_answer_may_have_left(home: Home, receiver: Receiver) -> None:
    receiver.recalls = hang
    command = [str(BIN / "shimmy-metrics"), "recall", FIRST, "--yes"]
    with subprocess.Popen(command, env=home.environment, cwd=home.root, stdout=subprocess.DEVNULL) as process:
        assert wait_until(lambda: bool(receiver.received))
        assert json.loads(home.metrics("status", "--json").stdout)["sending"] is False
        process.kill()
    newest, _ = history(home)
    assert (newest["kind"], newest["outcome"], newest["failure"]) == ("recall", "may-have-left", "interrupted")
    receiver.recalls = status(204)
    assert recall(home, FIRST, "--yes").returncode == 0
    again, killed, _ = all_departures(home)
    assert (again.outcome, killed.outcome) == (Outcome.RECALLED, Outcome.MAY_HAVE_LEFT)
    assert killed.report_ids == (FIRST, SECOND)
    assert validate_held(home.profile).ok


def test_while_a_sender_is_at_work_it_waits_and_then_says_so(home: Home, receiver: Receiver) -> None:
    lock = Lock(lock_path(home.profile))
    assert lock.take()
    began = time.monotonic()
    busy = recall(home, FIRST, "--yes")
    assert time.monotonic() - began < AFTER_FIVE_SECONDS
    assert busy.returncode == 2
    assert "a report is being sent right now" in busy.stderr
    told = " ".join(home.run("recall", "--help", command="shimmy-metrics").stdout.split())
    assert "with 2 if a receiver gave no answer, another sender was at work all the while, or nothing" in told
    assert [each.kind for each in all_departures(home)] == [DepartureKind.REPORTS]
    lock.release()
    assert recall(home, FIRST, "--yes").returncode == 0


def test_a_no_during_a_recall_says_of_no_report_that_it_may_leave(home: Home, receiver: Receiver) -> None:
    receiver.recalls = hang
    command = [str(BIN / "shimmy-metrics"), "recall", FIRST, "--yes"]
    with subprocess.Popen(command, env=home.environment, cwd=home.root, stdout=subprocess.DEVNULL) as process:
        assert wait_until(lambda: bool(receiver.received))
        told = home.metrics("disable")
        process.kill()
    assert (told.returncode, told.stderr) == (0, "")
    assert "may still" not in told.stdout


def test_the_row_stands_before_the_first_byte(home: Home, receiver: Receiver) -> None:
    seen: list[tuple[DepartureKind, tuple[str, ...]]] = []

    def look(handler: Handler, body: bytes) -> None:
        seen.extend((each.kind, each.report_ids) for each in all_departures(home)[:1])
        status(204)(handler, body)

    receiver.recalls = look
    assert recall(home, FIRST, "--yes").returncode == 0
    assert seen[0] == (DepartureKind.RECALL, (FIRST, SECOND))


def test_without_the_sender_s_lock_nothing_is_sent_and_only_that_is_said(
    home: Home, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Lock) -> bool:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Lock, "take", refused)
    found = find_recall(home.profile, FIRST)
    with pytest.raises(UserError, match=r"read-only file system\. Nothing was sent$"):
        ask_receiver(home.profile, found)
    assert receiver.received == []


def test_a_damaged_id_reaches_no_address(home: Home, receiver: Receiver) -> None:
    with opened(home.profile) as db:
        db.execute("UPDATE departures SET body = NULL, report_ids = ?", (json.dumps(["../admin", FIRST]),))
    assert recall(home, FIRST, "--yes").returncode == 0
    assert [each.path for each in receiver.received] == [f"/v1/usage/{FIRST}"]


def test_where_a_receipt_is_damaged_its_row_names_the_reports(home: Home, receiver: Receiver) -> None:
    with opened(home.profile) as db:
        db.execute("UPDATE departures SET body = x'7b'")
    assert recall(home, "all", "--yes").returncode == 0
    assert sorted(each.path.rpartition("/")[2] for each in receiver.received) == [FIRST, SECOND]


def test_without_a_store_none_is_made(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert recall(home, FIRST).returncode == 2
    assert not store_path(home.profile).exists()
