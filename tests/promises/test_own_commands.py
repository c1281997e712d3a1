"""What the app does by key, done by command alone: decide, hold, compare, delete, see what was sent and what can be."""

import hashlib
import json
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import only_for_me
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent, Delivery
from shimmy_metrics.records import Outcome
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened
from shimmy_metrics.wording.schedule import NOT_SENT_AFTER
from support.departed import depart
from support.home_terminal import terminal
from support.installed import BIN, Home
from support.one_line import assert_one_line
from support.outside_container import PROGRAM
from support.own_commands import assert_refused, own, own_json, release, sending
from support.queue_report import FIRST, SECOND, queue_report
from support.samples import NOW, queued, session
from support.terminal import TESTS

__all__ = ["sending"]

NOWHERE = "http://127.0.0.1:9/v1/usage"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})


# --- deciding ------------------------------------------------------------------------------------------------------


def test_only_me_records_the_answer_and_says_what_it_holds(home: Home) -> None:
    told = own(home, "only-me")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.splitlines()[0] == "Only for you from now on: what is measured is yours to see and is not sent."
    decision = load(home.profile).decision
    assert (decision.consent, decision.local) == (Consent.DECLINED, True)
    assert home.metrics("status").stdout.startswith("Only for me")
    again = own_json(home, "only-me")
    assert (again["consent"], again["only_for_me"], again["may_leave_to"]) == ("declined", True, None)
    assert again["told"] == [line.replace("from now on:", "already:") for line in told.stdout.splitlines()]
    assert load(home.profile).decision == decision


def test_after_a_yes_it_keeps_what_waited_for_the_person(home: Home) -> None:
    home.agree()
    queue_report(home)
    told = own(home, "only-me").stdout
    assert "1 report that waited became 1 session kept for you." in told
    assert json.loads(home.metrics("status", "--json").stdout)["reports_due"] == 0


def test_after_reports_were_sent_it_says_that_it_takes_nothing_back_and_status_agrees(home: Home) -> None:
    home.agree()
    back = "take back what was sent; to have it deleted at its receiver, recall it: shimmy-metrics recall all"
    assert back not in own(home, "only-me").stdout
    home.agree()
    with opened(home.profile) as db:
        depart(db, queued())
    assert own(home, "only-me").stdout.endswith(f"This does not {back}.\n")
    assert own_json(home, "only-me")["told"][-1] == f"This does not {back}."
    told = home.metrics("status").stdout
    assert told.startswith("Only for me: nothing is sent.\n")
    assert "1 report was sent and taken" in told


@pytest.mark.parametrize("word", ["review", "automatic"])
@pytest.mark.parametrize("answer", [None, "disable"])
def test_how_reports_are_sent_is_settled_after_a_yes_alone(home: Home, word: str, answer: str | None) -> None:
    if answer:
        home.metrics(answer)
    before = load(home.profile)
    refused = own(home, word)
    assert_refused(refused, f"reports are {'held' if word == 'review' else 'sent'} only after a yes, and there is none")
    assert refused.stderr.endswith("Enable first: shimmy config --metrics enable\n")
    assert load(home.profile) == before


def test_review_holds_what_waits_and_automatic_lets_it_go(home: Home) -> None:
    home.agree()
    queue_report(home)
    held = own(home, "review")
    assert held.stdout == (
        "Each report is held here until you release it. After 14 days, or behind 32 newer reports, a session's end "
        "deletes it. 1 report that was due is held too.\n"
    )
    status = json.loads(home.metrics("status", "--json").stdout)
    assert (status["delivery"], status["reports_held"], status["reports_due"]) == ("review", 1, 0)
    freed = own_json(home, "automatic")
    assert (freed["consent"], freed["delivery"]) == ("granted", Delivery.AUTOMATIC.value)
    due = "Reports are sent automatically from now on. 1 held report is due now, sent when the next session ends."
    assert freed["told"] == [due]
    assert "may_leave_to" not in freed  # what may still be sent is not known here: null would say that nothing is
    assert json.loads(home.metrics("status", "--json").stdout)["reports_due"] == 1


@pytest.mark.parametrize("word", ["only-me", "review", "automatic", "history", "diff", "fields"])
def test_a_config_that_cannot_be_used_is_one_line(home: Home, word: str) -> None:
    home.profile.config_path.parent.mkdir(parents=True)
    home.profile.config_path.write_text("{")
    assert_one_line(own(home, word), home.profile.config_path)
    assert home.profile.config_path.read_text() == "{"


def test_a_no_needs_one_letter_in_the_lines_and_a_yes_its_word(home: Home) -> None:
    there = home.having(TERM="dumb", PYTHONPATH=str(TESTS))
    with terminal(there, *PROGRAM, "60", "tui", "--plain") as asked:
        assert asked.printed("\nenable, hold, only, no or later> ")
        assert asked.insist("e\r", lambda: b"Please type one of these words: " in asked.output)
        assert load(home.profile).decision.consent is Consent.UNDECIDED
        assert asked.insist("n\r", lambda: load(home.profile).decision.consent is Consent.DECLINED)


# --- what was sent -------------------------------------------------------------------------------------------------


def test_history_tells_each_attempt_with_its_proof(sending: Home) -> None:
    assert own(sending, "history").stdout == "So far no attempt to send is on record.\n"
    digest = release(sending, FIRST, SECOND)
    told = own(sending, "history").stdout.splitlines()
    assert told[0] == "So far 2 reports were sent and taken; 1 receipt is kept here."
    assert told[1].startswith("  2 reports taken by ")
    assert told[1].endswith(f"bytes, sha256 {digest}.")
    (entry,) = own_json(sending, "history")
    assert (entry["kind"], entry["outcome"], entry["taken"], entry["as_written"]) == ("departure", "confirmed", 2, True)
    assert hashlib.sha256(entry["body"].encode()).hexdigest() == entry["sha256"] == digest
    assert own(sending, "delete", "receipts", "--yes").stdout.startswith("Deleted: the bytes of 1 receipt.")
    note, entry = own_json(sending, "history")
    assert (note["kind"], note["number"], entry["body"]) == ("receipts-deleted", 1, None)
    assert "no receipt is kept" in own(sending, "history").stdout
    assert own_json(sending, "delete", "receipts")["receipts"] == 0


def test_the_ids_of_an_attempt_without_a_receipt_go_on_their_own(home: Home) -> None:
    home.agree()
    with opened(home.profile) as db:
        depart(db, queue_report(home), outcome=Outcome.NO_ANSWER)
    assert own(home, "delete", "receipts").stdout == "No receipt is kept here.\n"  # it waits: its id stays
    assert home.metrics("disable").returncode == 0
    assert_refused(own(home, "delete", "receipts"), "asks first")
    gone = "the ids of the reports in 1 entry without a receipt"
    with terminal(home, str(BIN / "shimmy-metrics"), "delete", "receipts") as asked:
        assert asked.printed(f"Deleted here: {gone}.")
        assert asked.printed("Delete these ids? Type yes: ")
        asked.send(b"no\r")
        assert asked.printed("Not done.")
    told = own_json(home, "delete", "receipts", "--yes")
    assert (told["receipts"], told["attempts"]) == (0, 1)
    assert told["told"] == [f"Deleted: {gone}. When, where to and each digest stay on record."]
    assert own_json(home, "delete", "receipts")["attempts"] == 0


# --- what could be sent --------------------------------------------------------------------------------------------


def test_fields_are_all_there_is_with_this_machine_s_values_now(home: Home) -> None:
    preview = json.loads(own(home, "preview", "--json").stdout)
    told = own_json(home, "fields")
    assert told["basis"] == "example"
    assert [each["name"] for each in told["fields"]] == [field.path for field in FIELDS]
    now = {each["name"]: each["now"] for each in told["fields"]}
    flat = {**preview, **{f"metrics.{name}": value for name, value in preview.pop("metrics").items()}}
    assert {**now, "session_id": ""} == {**{name: flat[name] for name in now}, "session_id": ""}
    assert [each["what"] for each in told["never"]] == [name for name, _ in NEVER]
    text = own(home, "fields")
    assert text.stderr.startswith("The values are an example's: ")
    for field in FIELDS:
        assert f"  {field.name}: {field.kind.bounds}. {field.meaning}\n    Now: " in text.stdout


# --- one report ----------------------------------------------------------------------------------------------------


def test_one_report_is_held_and_one_is_deleted_by_name(home: Home) -> None:
    home.agree()
    report = queue_report(home)
    queue_report(home, SECOND)
    assert own(home, "hold", FIRST).stdout == f"Held until you release it. {NOT_SENT_AFTER}\n"
    assert own_json(home, "hold", report.sha256[:16])["done"] is True  # it is already
    status = json.loads(home.metrics("status", "--json").stdout)
    assert (status["reports_held"], status["reports_due"]) == (1, 1)
    assert_refused(own(home, "delete", FIRST), "delete: asks first, and there is no terminal to ask at")
    gone = own_json(home, "delete", FIRST, "--yes")
    assert gone == {
        "session_id": FIRST,
        "sha256": report.sha256,
        "done": True,
        "told": ["Deleted: it was never sent."],
    }
    assert json.loads(home.metrics("status", "--json").stdout)["reports_held"] == 0
    for word in ("hold", "delete"):
        assert_refused(own(home, word, FIRST), "no waiting report has a digest or session_id")
        assert_refused(own(home, word, ""), "no ID is given")
    assert_refused(own(home, "history", ""), "an empty ID names no receipt")


@pytest.mark.parametrize(("typed", "code", "left"), [("yes\r", 0, 0), ("y\r", 1, 1)])
def test_deleting_asks_first_and_takes_a_whole_yes(home: Home, typed: str, code: int, left: int) -> None:
    home.agree()
    report = queue_report(home)
    with terminal(home, str(BIN / "shimmy-metrics"), "delete", FIRST) as asked:
        assert asked.printed("Delete this report? Type yes: ")
        assert f"{len(report.body)} bytes, made ".encode() in asked.output  # as all else says it of a report
        assert report.sha256.encode() in asked.output
        assert b"It was never sent." in asked.output
        asked.type(typed)
        assert asked.process.wait(20) == code
    assert json.loads(home.metrics("status", "--json").stdout)["reports_due"] == left


def test_a_session_kept_for_the_person_is_deleted_by_name(home: Home) -> None:
    only_for_me(home.profile)
    for report_id in (FIRST, SECOND):
        with opened(home.profile) as db:
            row = sessions.begin(db, session(report_id, local=True))
            sessions.finish(db, row, NOW, local=True)
    assert_refused(own(home, "delete", "c0ffee"), "2 kept sessions begin with 'c0ffee'")
    assert_refused(own(home, "delete", FIRST), "asks first")
    gone = own_json(home, "delete", FIRST, "--yes")
    assert gone == {"session_id": FIRST, "done": True, "told": ["Deleted: it was never sent."]}
    (left,) = json.loads(home.metrics("export").stdout)["sessions"]
    assert left["session_id"] == SECOND
