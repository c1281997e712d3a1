"""What the app does by key, done by command alone: decide, hold, compare, delete, see what was sent and what can be."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.actions.decide import enable, only_for_me
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent, Delivery
from shimmy_metrics.records import QueueState
from shimmy_metrics.report.bodies import split
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened
from support.home_terminal import terminal
from support.installed import BIN, Home
from support.one_line import assert_one_line
from support.outside_container import PROGRAM
from support.queue_report import FIRST, SECOND, THIRD, queue_report
from support.receiver import Receiver
from support.samples import NOW, session
from support.terminal import TESTS

NOWHERE = "http://127.0.0.1:9/v1/usage"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Home]:
    """Yield a home that agreed to a receiver which takes reports."""
    with Receiver(tmp_path) as receiver:
        home = Home(tmp_path / "home", receiver.variables)
        home.root.mkdir()
        enable(home.profile)
        yield home


def _own(home: Home, *words: str) -> "subprocess.CompletedProcess[str]":
    return home.run(*words, command="shimmy-metrics")


def _json(home: Home, *words: str) -> Any:  # noqa: ANN401 - any JSON
    asked = _own(home, *words, "--json")
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def _assert_refused(ended: "subprocess.CompletedProcess[str]", said: str) -> None:
    assert_one_line(ended, "")
    assert said in ended.stderr


def _release(home: Home, *report_ids: str) -> str:
    """Queue these reports, release them as one request, and return its digest."""
    for report_id in report_ids:
        queue_report(home, report_id, QueueState.HELD_BY_HAND)
    released: str = _json(home, "release", "all")["sha256"]
    return released


# --- deciding ------------------------------------------------------------------------------------------------------


def test_only_me_records_the_answer_and_says_what_it_holds(home: Home) -> None:
    told = _own(home, "only-me")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.splitlines()[0] == "Only for you from now on: what is measured is yours to see and is not sent."
    decision = load(home.profile).decision
    assert (decision.consent, decision.local) == (Consent.DECLINED, True)
    assert home.metrics("status").stdout.startswith("Only for me")
    again = _json(home, "only-me")
    assert (again["consent"], again["only_for_me"], again["may_leave_to"]) == ("declined", True, None)
    assert again["told"] == [line.replace("from now on:", "already:") for line in told.stdout.splitlines()]
    assert load(home.profile).decision == decision


def test_after_a_yes_it_keeps_what_waited_for_the_person(home: Home) -> None:
    home.metrics("enable")
    queue_report(home)
    told = _own(home, "only-me").stdout
    assert "1 report that waited became 1 session kept for you." in told
    assert json.loads(home.metrics("status", "--json").stdout)["reports_due"] == 0


@pytest.mark.parametrize("word", ["review", "automatic"])
@pytest.mark.parametrize("answer", [None, "disable"])
def test_how_reports_are_sent_is_settled_after_a_yes_alone(home: Home, word: str, answer: str | None) -> None:
    if answer:
        home.metrics(answer)
    before = load(home.profile)
    refused = _own(home, word)
    _assert_refused(
        refused, f"reports are {'held' if word == 'review' else 'sent'} only after a yes, and there is none"
    )
    assert refused.stderr.endswith("Enable first: shimmy config --metrics enable\n")
    assert load(home.profile) == before


def test_review_holds_what_waits_and_automatic_lets_it_go(home: Home) -> None:
    home.metrics("enable")
    queue_report(home)
    held = _own(home, "review")
    assert held.stdout == "Each report is held here until you release it, for at most 14 days.\n"
    status = json.loads(home.metrics("status", "--json").stdout)
    assert (status["delivery"], status["reports_held"], status["reports_due"]) == ("review", 1, 0)
    freed = _json(home, "automatic")
    assert (freed["consent"], freed["delivery"]) == ("granted", Delivery.AUTOMATIC.value)
    assert freed["told"][0].startswith("Reports are sent automatically from now on")
    assert json.loads(home.metrics("status", "--json").stdout)["reports_due"] == 1


@pytest.mark.parametrize("word", ["only-me", "review", "automatic", "history", "diff", "fields"])
def test_a_config_that_cannot_be_used_is_one_line(home: Home, word: str) -> None:
    home.profile.config_path.parent.mkdir(parents=True)
    home.profile.config_path.write_text("{")
    assert_one_line(_own(home, word), home.profile.config_path)
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
    assert _own(sending, "history").stdout == "So far no attempt to send is on record.\n"
    digest = _release(sending, FIRST, SECOND)
    told = _own(sending, "history").stdout.splitlines()
    assert told[0] == "So far 2 reports were sent and taken; 1 receipt is kept here."
    assert told[1].startswith("  2 reports taken by ")
    assert told[1].endswith(f"bytes, sha256 {digest}.")
    (entry,) = _json(sending, "history")
    assert (entry["kind"], entry["outcome"], entry["taken"], entry["as_written"]) == ("departure", "confirmed", 2, True)
    assert hashlib.sha256(entry["body"].encode()).hexdigest() == entry["sha256"] == digest
    assert _own(sending, "delete", "receipts", "--yes").stdout.startswith("Deleted: the bytes of 1 receipt.")
    note, entry = _json(sending, "history")
    assert (note["kind"], note["number"], entry["body"]) == ("receipts-deleted", 1, None)
    assert "no receipt is kept" in _own(sending, "history").stdout
    assert _json(sending, "delete", "receipts")["receipts"] == 0


def test_diff_compares_the_next_report_with_the_last_one_sent(sending: Home) -> None:
    before = _json(sending, "diff")
    assert before["before"] is None
    assert before["after"]["stage"] == "example"
    assert before["counts"]["added"] == len(FIELDS) - 2
    assert "No report sent before it is kept here, so every field is new in an example" in _own(sending, "diff").stdout
    _release(sending, FIRST)
    queue_report(sending, SECOND)
    found = _json(sending, "diff")
    assert (found["before"]["session_id"], found["before"]["stage"]) == (FIRST, "sent")
    assert (found["after"]["session_id"], found["after"]["stage"]) == (SECOND, "queued")
    assert found["counts"] == {"changed": 0, "added": 0, "removed": 0, "same": len(FIELDS) - 2}
    assert [each["name"] for each in found["fields"]] == [field.name for field in FIELDS]
    lines = _own(sending, "diff").stdout.splitlines()
    assert lines[0].startswith("From the report sent ")
    assert lines[0].endswith(f"session_id {FIRST}")
    assert lines[1].startswith("to the waiting report sealed ")
    assert lines[2:] == [f"0 changed, 0 added, 0 removed, {len(FIELDS) - 2} the same, 2 not compared."]


def test_with_nothing_to_come_diff_compares_the_last_two_that_were_sent(sending: Home) -> None:
    _release(sending, FIRST)
    alone = _json(sending, "diff")
    assert (alone["before"], alone["after"]["session_id"], alone["after"]["stage"]) == (None, FIRST, "sent")
    said = _own(sending, "diff").stdout
    assert "nothing is compared with\nthe report sent " in said
    assert not {"changed", "added", "example"} & {*said.replace(":", " ").split()}
    _release(sending, SECOND)
    found = _json(sending, "diff")
    assert [(found[each]["session_id"], found[each]["stage"]) for each in ("before", "after")] == [
        (FIRST, "sent"),
        (SECOND, "sent"),
    ]
    said = _own(sending, "diff").stdout
    assert said.startswith("Nothing is waiting or running, so the last two reports that were sent are compared.\nFrom ")


def test_diff_takes_the_beginning_of_a_digest_or_session_id(sending: Home) -> None:
    first = _release(sending, FIRST)
    both = _release(sending, SECOND, THIRD)
    one = _json(sending, "diff", first[:12])  # the first that was sent: there is none before it
    assert (one["before"], one["after"]["session_id"]) == (None, FIRST)
    later = _json(sending, "diff", SECOND)
    assert (later["before"]["session_id"], later["after"]["session_id"]) == (FIRST, SECOND)
    said = _own(sending, "diff", FIRST, FIRST).stdout
    assert said.endswith("is compared with itself: the same report, byte for byte.\n")
    two = _json(sending, "diff", first[:12], THIRD.upper())
    assert (two["before"]["session_id"], two["after"]["session_id"]) == (FIRST, THIRD)
    bodies = {each["session_id"]: each["sha256"] for each in (two["before"], two["after"])}
    sent = [split(entry["body"].encode()) for entry in _json(sending, "history")]
    assert {hashlib.sha256(body).hexdigest() for each in sent for body in each} >= {*bodies.values()}
    for word, said in (
        (both[:12], "2 reports here begin with"),
        ("c0ffee", "3 reports here begin with"),
        ("beef", "no report here has a digest or session_id that begins with 'beef'"),
        ("", "no report here has a digest or session_id that begins with ''"),
    ):
        _assert_refused(_own(sending, "diff", word), said)


def test_what_changed_is_told_field_by_field_with_its_purpose(sending: Home) -> None:
    _release(sending, FIRST)
    found = _json(sending, "diff")
    changed = [
        each
        for each in found["fields"]
        if each["change"] == "changed" and each["name"] not in ("session_id", "timestamp")
    ]
    assert len(changed) == found["counts"]["changed"] > 3
    lines = _own(sending, "diff").stdout.splitlines()
    for each in changed:
        purpose = next(field.purpose for field in FIELDS if field.name == each["name"])
        at = next(number for number, line in enumerate(lines) if line.startswith(f"  changed  {each['name']}: "))
        assert " -> " in lines[at]
        assert lines[at + 1].strip() == f"Why: {purpose}."


# --- what could be sent --------------------------------------------------------------------------------------------


def test_fields_are_all_there_is_with_this_machine_s_values_now(home: Home) -> None:
    preview = json.loads(_own(home, "preview", "--json").stdout)
    told = _json(home, "fields")
    assert told["basis"] == "example"
    assert [each["name"] for each in told["fields"]] == [field.path for field in FIELDS]
    now = {each["name"]: each["now"] for each in told["fields"]}
    flat = {**preview, **{f"metrics.{name}": value for name, value in preview.pop("metrics").items()}}
    assert {**now, "session_id": ""} == {**{name: flat[name] for name in now}, "session_id": ""}
    assert [each["what"] for each in told["never"]] == [name for name, _ in NEVER]
    text = _own(home, "fields")
    assert text.stderr.startswith("The values are an example's: ")
    for field in FIELDS:
        assert f"  {field.name}: {field.kind.bounds}. {field.meaning}\n    Now: " in text.stdout


# --- one report ----------------------------------------------------------------------------------------------------


def test_one_report_is_held_and_one_is_deleted_by_name(home: Home) -> None:
    home.metrics("enable")
    report = queue_report(home)
    queue_report(home, SECOND)
    assert _own(home, "hold", FIRST).stdout == "Held until you release it.\n"
    assert _json(home, "hold", report.sha256[:16])["done"] is True  # it is already
    status = json.loads(home.metrics("status", "--json").stdout)
    assert (status["reports_held"], status["reports_due"]) == (1, 1)
    _assert_refused(_own(home, "delete", FIRST), "delete: asks first, and there is no terminal to ask at")
    gone = _json(home, "delete", FIRST, "--yes")
    assert gone == {
        "session_id": FIRST,
        "sha256": report.sha256,
        "done": True,
        "told": ["Deleted: it was never sent."],
    }
    assert json.loads(home.metrics("status", "--json").stdout)["reports_held"] == 0
    for word in ("hold", "delete"):
        _assert_refused(_own(home, word, FIRST), "no waiting report has a digest or session_id")
        _assert_refused(_own(home, word, ""), "an empty ID names no report")
    _assert_refused(_own(home, "history", ""), "an empty ID names no receipt")


@pytest.mark.parametrize(("typed", "code", "left"), [("yes\r", 0, 0), ("y\r", 1, 1)])
def test_deleting_asks_first_and_takes_a_whole_yes(home: Home, typed: str, code: int, left: int) -> None:
    home.metrics("enable")
    report = queue_report(home)
    with terminal(home, str(BIN / "shimmy-metrics"), "delete", FIRST) as asked:
        assert asked.printed("Delete this report? Type yes: ")
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
    _assert_refused(_own(home, "delete", "c0ffee"), "2 kept sessions begin with 'c0ffee'")
    _assert_refused(_own(home, "delete", FIRST), "asks first")
    gone = _json(home, "delete", FIRST, "--yes")
    assert gone == {"session_id": FIRST, "done": True, "told": ["Deleted: it was never sent."]}
    (left,) = json.loads(home.metrics("export").stdout)["sessions"]
    assert left["session_id"] == SECOND
