"""Recalling what left: what is asked of its receiver, what is said of the answer, and what stays on record."""

import json
import time

import pytest

from shimmy_metrics.actions.decide import decline
from shimmy_metrics.actions.validate import validate_held
from shimmy_metrics.records import DepartureKind, Failure, Outcome, QueueState
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened
from shimmy_metrics.wording.recall import EFFECT
from support.departed import depart
from support.home_terminal import terminal
from support.installed import AFTER_FIVE_SECONDS, Home
from support.one_line import assert_one_line
from support.queue_report import FIRST, SECOND, THIRD, end_session, queue_report
from support.recalling import all_departures, history, home, recall, receiver
from support.receiver import Behaviour, Handler, Receiver, hang, portal, redirect, status
from support.samples import queued

__all__ = ["home", "receiver"]

FOURTH = "c0ffee00-0000-4000-8000-000000000004"


def test_a_request_is_recalled_whole_over_one_connection_with_nothing_of_its_own(
    home: Home, receiver: Receiver
) -> None:
    (sent,) = all_departures(home)
    before = receiver.connections
    told = recall(home, sent.sha256[:8], "--yes")
    assert (told.returncode, told.stderr) == (0, "")
    assert [(each.method, each.path, each.body) for each in receiver.received] == [
        ("DELETE", f"/v1/usage/{FIRST}", b""),
        ("DELETE", f"/v1/usage/{SECOND}", b""),
    ]
    assert receiver.connections == before + 1
    host = f"localhost:{receiver.port}"
    ours = [("Host", host), ("User-Agent", "shimmy-metrics"), ("Accept", "application/json")]
    for each, connection in zip(receiver.received, ("keep-alive", "close"), strict=True):
        assert list(each.headers) == [*ours, ("Accept-Encoding", "identity"), ("Connection", connection)]
    assert told.stdout.splitlines()[:3] == [
        f"DELETE {receiver.url}/{FIRST}",
        f"DELETE {receiver.url}/{SECOND}",
        f"The headers are Host: {host}, User-Agent: shimmy-metrics, Accept: application/json, "
        "Accept-Encoding: identity, Connection: keep-alive (of the last close).",
    ]
    assert told.stdout.splitlines()[3].startswith("2 reports recalled at ")
    assert told.stdout.splitlines()[3].endswith(f": {host} confirmed that it holds them no more.")
    assert told.stdout.splitlines()[4:] == [EFFECT]


@pytest.mark.parametrize("named", [FIRST, SECOND.upper(), digest(queued(SECOND).body)[:12]])
def test_one_of_its_reports_names_the_request(home: Home, receiver: Receiver, named: str) -> None:
    assert recall(home, named, "--yes").returncode == 0
    assert {each.path.rpartition("/")[2] for each in receiver.received} == {FIRST, SECOND}


def test_a_report_that_waits_again_after_it_left_with_others_is_named_by_its_own_digest(
    home: Home, receiver: Receiver
) -> None:
    both = [queue_report(home, report_id) for report_id in (THIRD, FOURTH)]
    with opened(home.profile) as db:
        depart(db, *both, outcome=Outcome.ERROR, endpoint=receiver.url)
    assert recall(home, both[1].sha256[:12], "--yes").returncode == 0
    assert [each.path.rpartition("/")[2] for each in receiver.received] == [THIRD, FOURTH]


def test_it_is_a_departure_of_its_own_kind_everywhere(home: Home, receiver: Receiver) -> None:
    (sent,) = all_departures(home)
    assert recall(home, sent.sha256, "--yes").returncode == 0
    recalled, before = all_departures(home)
    assert before == sent
    assert (recalled.kind, recalled.outcome, recalled.status) == (DepartureKind.RECALL, Outcome.RECALLED, 204)
    assert (recalled.sha256, recalled.length, recalled.reports) == (sent.sha256, sent.length, 2)
    assert (recalled.taken, recalled.report_ids, recalled.body) == (2, (FIRST, SECOND), b"")
    newest, older = history(home)
    assert (newest["kind"], newest["outcome"], newest["sha256"]) == ("recall", "recalled", sent.sha256)
    assert older["kind"] == "departure"
    told = home.run("history", command="shimmy-metrics").stdout.splitlines()
    assert told[0] == "So far 2 reports were sent and taken, 2 recalled; 1 receipt is kept here."
    assert told[1].startswith("  2 reports recalled at ")
    found = json.loads(home.metrics("status", "--json").stdout)
    assert (found["reports_sent"], found["reports_recalled"], found["receipts"]) == (2, 2, 1)
    assert (found["last_attempt"]["kind"], found["sending"], found["failures_in_a_row"]) == ("recall", False, 0)
    assert "2 reports recalled" in home.metrics("status").stdout
    exported = json.loads(home.metrics("export").stdout)
    assert [(each["kind"], each["outcome"]) for each in exported["departures"]] == [(2, "recalled"), (1, "confirmed")]
    assert validate_held(home.profile).ok


def test_several_are_asked_about_and_one_is_not(home: Home, receiver: Receiver) -> None:
    refused = recall(home, FIRST)
    assert_one_line(refused, "shimmy-metrics recall")
    assert receiver.received == []
    with terminal(home, "shimmy-metrics", "recall", FIRST) as shown:
        assert shown.shows("Recall them? Type yes:")
        assert "This request carried 2 reports. They are recalled together." in shown.text()
        shown.type("yes\r")
        assert shown.shows("2 reports recalled")
    receiver.received.clear()
    third = FIRST[:-1] + "9"
    queue_report(home, third)
    end_session(home)
    assert receiver.received.pop().method == "POST"
    assert recall(home, third).returncode == 0
    assert [each.path for each in receiver.received] == [f"/v1/usage/{third}"]


@pytest.mark.parametrize(
    ("answers", "code", "outcome", "said"),
    [
        (status(404), 1, Outcome.REFUSED, "not confirmed: answer 404."),
        (status(405), 1, Outcome.REFUSED, "not confirmed: answer 405."),
        (status(410), 1, Outcome.REFUSED, "not confirmed: answer 410."),
        (status(429), 1, Outcome.ERROR, "not confirmed: answer 429."),
        (status(503), 1, Outcome.ERROR, "not confirmed: answer 503."),
        (redirect, 1, Outcome.ERROR, "not confirmed: answer 307."),
        (portal, 1, Outcome.ERROR, "not confirmed: answer 200."),
    ],
)
def test_what_else_is_answered_is_said_and_no_yes(
    home: Home, receiver: Receiver, answers: Behaviour, code: int, outcome: Outcome, said: str
) -> None:
    receiver.recalls = answers
    told = recall(home, FIRST, "--yes")
    assert told.returncode == code
    assert said in told.stdout
    assert all_departures(home)[0].outcome is outcome
    assert len(receiver.received) == 2  # the second is asked about as well; no redirect is followed
    assert json.loads(home.metrics("status", "--json").stdout)["reports_recalled"] == 0


def test_where_only_some_were_confirmed_that_is_said(home: Home, receiver: Receiver) -> None:
    def first_alone(handler: Handler, body: bytes) -> None:
        status(204 if handler.path.endswith(FIRST) else 500)(handler, body)

    receiver.recalls = first_alone
    told = recall(home, FIRST, "--yes")
    assert told.returncode == 1
    assert "1 of 2 reports recalled" in told.stdout
    assert "; another was answered 500." in told.stdout
    (recalled, _) = all_departures(home)
    assert (recalled.taken, recalled.outcome) == (1, Outcome.ERROR)


def test_no_answer_ends_it_within_its_time(home: Home, receiver: Receiver) -> None:
    receiver.recalls = hang
    began = time.monotonic()
    told = recall(home, FIRST, "--yes")
    assert time.monotonic() - began < AFTER_FIVE_SECONDS
    assert told.returncode == 2
    assert "as far as the first without an answer, none confirmed: the time was up." in told.stdout
    (recalled, _) = all_departures(home)
    assert (recalled.outcome, recalled.failure) == (Outcome.NO_ANSWER, Failure.TIME)
    assert recalled.report_ids == (FIRST, SECOND)


def test_where_nothing_leaves_no_id_stands_in_the_row(home: Home, receiver: Receiver) -> None:
    receiver.__exit__(None, None, None)
    for attempt in (1, 2):
        told = recall(home, FIRST, "--yes")
        assert told.returncode == 2
        assert "recall of 2 reports not sent to" in told.stdout.lower()
        recalled, sent = all_departures(home)
        assert (recalled.outcome, recalled.report_ids) == (Outcome.NOTHING_LEFT, ())
        assert (recalled.kind, recalled.attempts, sent.attempts) == (DepartureKind.RECALL, attempt, 1)
    receiver.__enter__()
    assert recall(home, FIRST, "--yes").returncode == 0


@pytest.mark.parametrize("switch", ["DO_NOT_TRACK", "declined", "no config"])
def test_it_works_while_off(home: Home, receiver: Receiver, switch: str) -> None:
    if switch == "DO_NOT_TRACK":
        home = home.having(DO_NOT_TRACK="1")
    elif switch == "declined":
        decline(home.profile)
    else:
        home.profile.config_path.unlink()
    assert recall(home, FIRST, "--yes").returncode == 0
    assert len(receiver.received) == 2


def test_it_goes_where_the_request_went_whatever_is_set_now(home: Home, receiver: Receiver) -> None:
    other = home.having(SHIMMY_METRICS_ENDPOINT="http://127.0.0.1:9/v1/usage")
    assert recall(other, FIRST, "--yes").returncode == 0
    assert len(receiver.received) == 2


def test_what_never_left_has_one_clear_line(home: Home, receiver: Receiver) -> None:
    unknown = recall(home, "ffffffff")
    assert_one_line(unknown, "nothing that left has a digest or session_id that begins with")
    with opened(home.profile) as db:
        depart(db, queued(FIRST[:-1] + "8"), endpoint=receiver.url)
    several = recall(home, FIRST[:-1])
    assert_one_line(several, "")
    assert "3 requests and reports begin with" in several.stderr
    waiting = FIRST[:-1] + "7"
    queue_report(home, waiting, QueueState.HELD_BY_HAND)
    queue = recall(home, waiting)
    assert_one_line(queue, "this report has")
    assert f"shimmy-metrics delete {waiting}" in queue.stderr
    assert "this report has not left" in queue.stderr
    assert "neither an ID nor all is given (shimmy-metrics recall ID)" in recall(home, "").stderr
    with opened(home.profile) as db:
        depart(db, queued(waiting), outcome=Outcome.NOTHING_LEFT, failure=Failure.NAME)
        held = outbox.everything(db)[0]
        outbox.remove(db, held.row_id)
    assert "nothing of this request left" in recall(home, digest(queued(waiting).body)).stderr
    assert receiver.received == []
    assert {each.kind for each in all_departures(home)} == {DepartureKind.REPORTS}


def test_a_deleted_receipt_is_recalled_no_more(home: Home, receiver: Receiver) -> None:
    (sent,) = all_departures(home)
    home.run("delete", "receipts", "--yes", command="shimmy-metrics")
    gone = recall(home, sent.sha256)
    assert_one_line(gone, "the ids of this request's reports went with its receipt")
    assert recall(home, FIRST).returncode == 2
    assert receiver.received == []


def test_of_a_failed_attempt_whose_ids_went_with_the_receipts_it_is_not_said_that_nothing_left(
    home: Home, receiver: Receiver
) -> None:
    with opened(home.profile) as db:
        depart(db, queued(SECOND), outcome=Outcome.ERROR, endpoint=receiver.url)
    home.run("delete", "receipts", "--yes", command="shimmy-metrics")
    gone = recall(home, digest(queued(SECOND).body))
    assert_one_line(gone, "the ids of this request's reports went when you deleted")
    assert receiver.received == []
