"""What our own commands print as JSON is known when it is validated: a history is proof, the rest holds no report."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.records import Failure, NoteKind, Outcome
from shimmy_metrics.store import chain
from shimmy_metrics.store.database import opened, transaction
from support.departed import depart
from support.enabled_home import NOWHERE
from support.installed import Home
from support.one_line import assert_one_line
from support.queue_report import queue_report
from support.samples import queued


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home with three receipts of four reports, an attempt in which nothing was sent, and a note."""
    made = Home(tmp_path, {"TZ": "UTC", "SHIMMY_METRICS_ENDPOINT": NOWHERE})
    enable(made.profile)
    reports = [queued(f"c0ffee00-0000-4000-8000-00000000000{number}") for number in range(4)]
    with opened(made.profile) as db:
        depart(db, *reports[:2], moment=_noon(14))
        depart(db, reports[2], moment=_noon(16), outcome=Outcome.ACCEPTED)
        depart(db, reports[3], moment=_noon(17), outcome=Outcome.NOTHING_LEFT, failure=Failure.CONNECTION)
        depart(db, reports[3], moment=_noon(18))
        with transaction(db):
            chain.add_note(db, at=_noon(19), kind=NoteKind.DELETED, number=1)
    return made


def _noon(day: int) -> datetime:
    return datetime(2026, 11, day, 12, tzinfo=UTC)


def _printed(home: Home, *words: str) -> str:
    return home.run(*words, command="shimmy-metrics").stdout


def _validated(home: Home, text: str) -> tuple[int, list[str]]:
    path = home.root / "printed.json"
    path.write_text(text, newline="")
    done = home.run("validate", str(path), command="shimmy-metrics")
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_a_printed_history_is_checked_as_the_receipts_in_it_are(home: Home) -> None:
    code, lines = _validated(home, _printed(home, "history", "--json"))
    assert (code, lines[0]) == (
        0,
        "Checked this history (4 attempts, 3 receipts, 1 note): every byte is one that its rule allows, and each "
        "receipt, 4 reports in all, has the digest beside it.",
    )
    of_some_days = _printed(home, "history", "--json", "--from", "2026-11-15", "--to", "2026-11-17")
    code, lines = _validated(home, of_some_days)
    assert (code, lines[0].partition(":")[0]) == (0, "Checked this history (2 attempts, 1 receipt, 0 notes)")


def test_like_attempts_that_are_one_entry_are_counted_one_by_one(home: Home) -> None:
    with opened(home.profile) as db:
        for day in (20, 21):
            depart(db, queued(), moment=_noon(day), outcome=Outcome.NOTHING_LEFT, failure=Failure.CONNECTION)
    _, lines = _validated(home, _printed(home, "history", "--json", "--from", "2026-11-20"))
    assert lines[0].partition(":")[0] == "Checked this history (2 attempts, 0 receipts, 0 notes)"


def test_what_was_altered_in_a_printed_history_is_named(home: Home) -> None:
    def found(index: int, **changed: object) -> list[str]:
        history = json.loads(_printed(home, "history", "--json"))
        history[index] |= changed
        code, lines = _validated(home, json.dumps(history))
        assert code == 1
        return [line for line in lines if line.startswith("[")]

    body = json.loads(_printed(home, "history", "--json"))[1]["body"]
    assert found(1, body=body.replace('"cpu_cores":', '"cpu_coreS":')) == ["[1].sha256: is not the body's digest"]
    assert found(1, body=f"{body[:-1]} }}")[-1] == "[1].bytes: is not the body's length"
    assert found(1, sha256="0" * 64) == ["[1].sha256: is not the body's digest"]
    assert found(2, failure="my own words") == ["[2].failure: is not a value that can stand here"]
    assert found(0, number=-1) == ["[0].number: is not a value that can stand here"]
    assert found(0, path="/home/dana") == ["[0].path: is no key of ours"]
    assert found(3, as_written=False) == ["[3]: is not as it was written"]


def test_a_receipt_and_a_preview_are_checked_as_reports(home: Home) -> None:
    queue_report(home)
    receipt = next(entry["sha256"] for entry in json.loads(_printed(home, "history", "--json")) if entry.get("body"))
    for words in (("history", receipt), ("preview",), ("preview", "--json")):
        code, lines = _validated(home, _printed(home, *words))
        assert (code, lines[0]) == (0, "1 report checked: every byte is one that the fields allow.")


@pytest.mark.parametrize("key", ["told", "files"])
def test_a_report_with_a_key_of_what_commands_print_is_a_report_with_a_key_too_many(home: Home, key: str) -> None:
    report = json.dumps({**json.loads(queued().body), key: []}, separators=(",", ":"))
    code, lines = _validated(home, report)
    assert (code, lines[0]) == (1, f"{key}: is no field")


@pytest.mark.parametrize("command", ["diff", "fields", "files", "operator", "status", "usage"])
def test_what_holds_no_report_is_told_in_one_line_that_names_its_command(home: Home, command: str) -> None:
    with opened(home.profile) as db, transaction(db):
        db.execute("INSERT INTO days(day, requests, errors, tokens, tokens_in) VALUES('2026-11-14', 1, 0, 2, 3)")
    path = home.root / "printed.json"
    path.write_text(_printed(home, command, "--json"))
    done = home.run("validate", str(path), command="shimmy-metrics")
    assert_one_line(done, str(path))
    assert f"is what shimmy-metrics {command} --json printed, which holds no report and is no export" in done.stderr
    assert "What can be checked is a report (preview), an array of reports, an export, and attempts of" in done.stderr


@pytest.mark.parametrize("command", ["history", "usage"])
def test_a_history_of_nothing_is_no_violation_nor_told_from_figures_of_no_day(home: Home, command: str) -> None:
    printed = _printed(home, command, "--from", "2020-01-01", "--to", "2020-01-02", "--json")
    assert json.loads(printed) == []
    done = home.run("validate", "-", command="shimmy-metrics", given=printed)
    assert_one_line(done, "standard input")
    assert "is what a command with --json printed, which holds no report" in done.stderr


@pytest.mark.parametrize("command", ["release", "automatic", "only-me"])
def test_so_is_what_a_command_printed_of_what_it_did(home: Home, command: str) -> None:
    queue_report(home)
    printed = _printed(home, command, *(["all"] if command == "release" else []), "--json")
    done = home.run("validate", "-", command="shimmy-metrics", given=printed)
    assert_one_line(done, "standard input")
    assert "--json printed, which holds no report" in done.stderr
