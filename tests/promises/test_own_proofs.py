"""Under our own name each task is one command: prove what was sent, ask for one field, hold from the first report."""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent, Delivery
from shimmy_metrics.records import Failure, Outcome, QueueState
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.kinds import Word, Words
from shimmy_metrics.store.database import opened
from shimmy_metrics.wording.receiver import UNREACHABLE
from support.departed import depart
from support.enabled_home import NOWHERE, enabled
from support.installed import Home
from support.one_line import assert_one_line
from support.queue_report import FIRST, SECOND, THIRD, queue_report
from support.receiver import Receiver
from support.samples import queued

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PRIVACY = (ROOT / "PRIVACY.md").read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[tuple[Home, Receiver]]:
    """Yield a home that agreed to a receiver which takes reports."""
    with enabled(tmp_path) as both:
        yield both


def _own(home: Home, *words: str) -> "subprocess.CompletedProcess[str]":
    return home.run(*words, command="shimmy-metrics")


def _release(home: Home, *report_ids: str) -> dict[str, Any]:
    for report_id in report_ids:
        queue_report(home, report_id, QueueState.HELD_BY_HAND)
    released: dict[str, Any] = json.loads(_own(home, "release", "all", "--json").stdout)
    return released


def test_history_prints_a_receipt_s_own_bytes_by_digest_or_session_id(sending: tuple[Home, Receiver]) -> None:
    home, receiver = sending
    digest = _release(home, FIRST, SECOND)["sha256"]
    alone = _release(home, THIRD)["sha256"]
    both, last = (each.body for each in receiver.received)
    for name, sent, sha256 in ((digest[:8], both, digest), (SECOND, both, digest), (alone.upper(), last, alone)):
        printed = _own(home, "history", name)
        assert printed.stdout.encode() == sent, name
        assert hashlib.sha256(sent).hexdigest() == sha256
        assert f"As sent: {len(sent):,} bytes, sha256 {sha256}." in printed.stderr.splitlines()
        assert f"To check: shimmy-metrics history {sha256[:8]} | sha256sum" in printed.stderr.splitlines()


def test_a_damaged_receipt_is_not_said_to_be_as_sent(sending: tuple[Home, Receiver]) -> None:
    home, _ = sending
    sha256 = _release(home, FIRST)["sha256"]
    with opened(home.profile) as db:
        db.execute("UPDATE departures SET body = x'7b'")
    printed = _own(home, "history", sha256[:8])
    assert (printed.returncode, printed.stdout) == (1, "{")
    assert "As sent" not in printed.stderr
    assert printed.stderr.splitlines()[-1] == f"The receipt is damaged: what was sent had the sha256 {sha256}."


def test_a_receipt_that_cannot_be_printed_gets_one_line(sending: tuple[Home, Receiver]) -> None:
    home, _ = sending
    digest = _release(home, FIRST)["sha256"]
    _release(home, SECOND)
    for name, said in (
        ("beef", "no receipt has a digest or session_id that begins with 'beef'"),
        ("c0ffee00", "2 receipts begin with 'c0ffee00'"),
    ):
        refused = _own(home, "history", name)
        assert_one_line(refused, "")
        assert said in refused.stderr
    assert _own(home, "delete", "receipts", "--yes").returncode == 0
    refused = _own(home, "history", digest[:8])
    assert_one_line(refused, "")
    assert "of this request no bytes are kept: nothing of it was taken, or its receipt was deleted" in refused.stderr


def test_fields_can_be_asked_for_by_a_word(home: Home) -> None:
    asked = _own(home, "fields", "memory_gb")
    assert asked.stdout.splitlines()[0].startswith("  memory_gb: ")
    assert "  platform:" not in asked.stdout
    named = json.loads(_own(home, "fields", "MODEL NAMES", "--json").stdout)
    assert "model names" in [each["what"] for each in named["never"]]
    assert len(named["fields"]) < len(FIELDS)
    for word, field in (
        ("bits", "region_indicator"),
        ("country", "region_indicator"),
        ("RAM", "memory_gb"),
        ("uptime", "session_duration_minutes"),
    ):
        assert f"  {field}: " in _own(home, "fields", word).stdout  # by the word that people have for it
    nothing = _own(home, "fields", "shoe size")
    assert (nothing.returncode, nothing.stderr) == (1, "")
    assert nothing.stdout == (
        "No field's name, meaning, source or purpose has 'shoe size' in it. "
        f"shimmy-metrics fields lists all {len(FIELDS)}.\n"
    )
    for word, others in (("offline", False), ("down", False), ("net", True)):
        network = _own(home, "fields", word)
        assert network.returncode == 0
        assert network.stdout.startswith(f"{UNREACHABLE}\n")
        assert ("region_indicator: " in network.stdout) is others
    empty = _own(home, "fields", "shoe size", "--json")
    assert (empty.returncode, json.loads(empty.stdout)["fields"]) == (1, [])


def test_every_word_that_could_be_sent_is_listed(home: Home) -> None:
    listed = {each["name"]: each["words"] for each in json.loads(_own(home, "fields", "--json").stdout)["fields"]}
    text = _own(home, "fields").stdout
    for field in FIELDS:
        words = field.kind.words if isinstance(field.kind, Word | Words) else ()
        if words and field.kind.bounds.count(",") < len(words) - 1:  # where the bounds only count them
            assert listed[field.path] == list(words)
            assert f"    Its words: {', '.join(words)}." in text
        else:
            assert listed[field.path] is None


@pytest.mark.parametrize("before", ["", "enable", "only-me"])
def test_a_yes_can_hold_from_the_first_report(home: Home, before: str) -> None:
    if before:
        assert _own(home, before).returncode == 0
    said = _own(home, "enable", "--held")
    assert "What you release: counts and coarse facts" in said.stdout
    assert "After each session" not in said.stdout
    assert (said.returncode, said.stderr) == (0, "")
    decision = load(home.profile).decision
    assert (decision.consent, decision.delivery) == (Consent.GRANTED, Delivery.REVIEW)
    assert "release" in said.stdout


def test_forgetting_says_what_it_left_and_how_that_goes_too(home: Home) -> None:
    _own(home, "enable")
    queue_report(home, FIRST)
    done = _own(home, "forget", "--yes")
    config = home.profile.config_path
    assert (
        f"Left: {config}, {config.stat().st_size} bytes: your no, so that you are not asked again, with its date, a "
        "random id of it that is never sent, after an earlier yes what that was to and whether it held reports, and "
        "your own keys and theme if you set any. Delete it too, and you will be."
    ) in done.stdout.splitlines()
    as_json = json.loads(_own(home, "forget", "--yes", "--json").stdout)
    assert as_json["left"]["path"] == str(config)
    assert any(line.startswith("Left: ") for line in as_json["told"])
    config.unlink()
    assert "Left: " not in _own(home, "forget", "--yes").stdout


def test_what_the_config_holds_after_a_no_is_said(home: Home) -> None:
    def held() -> dict[str, object]:
        config: dict[str, dict[str, object]] = json.loads(home.profile.config_path.read_text())
        assert {*config} == {"metrics"}
        return config["metrics"]

    _own(home, "disable")
    first = held()
    assert {*first} == {"enabled", "session_id", "last_updated"}
    _own(home, "enable")
    _own(home, "disable")
    assert {*held()} - {*first} == {"schema_version", "endpoint"}  # this home has a receiver of its own
    assert held()["session_id"] != first["session_id"]
    listed = _own(home, "files").stdout
    for part in ("your answer", "its date", "a random id that is never sent", "the version of the fields"):
        assert part in listed
    assert "its receiver where that is not Shimmy's" in listed


def test_of_what_a_person_sets_in_the_config_all_is_told(home: Home) -> None:
    _own(home, "enable", "--held")
    config = home.profile.config_path
    whole = json.loads(config.read_text())
    whole["metrics"] |= {"keys": {"app.validate": "V"}, "theme": "dark"}
    home.edit_config(json.dumps(whole))
    assert "your own keys and theme for the app" in _own(home, "files").stdout
    forgotten = _own(home, "forget", "--yes").stdout
    assert "what that was to and whether it held reports, and your own keys and theme if you set any" in forgotten
    kept = json.loads(config.read_text())["metrics"]
    assert {"delivery", "keys", "theme"} <= {*kept}
    assert "whether it held reports" in _own(home, "files").stdout
    told = re.search(r"^- The config holds more keys: (.*)\.$", README, re.MULTILINE)
    assert told is not None
    assert {*kept} - {"enabled", "session_id", "last_updated"} <= {*re.findall(r"`(\w+)`", told[1])}
    assert "your own keys and theme for the app" in PRIVACY


def test_history_of_some_days_has_what_was_sent_then_and_nothing_else(tmp_path: Path) -> None:
    home = Home(tmp_path, {"TZ": "UTC"})
    enable(home.profile)
    moments = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (14, 16, 22, 23)]
    with opened(home.profile) as db:
        for number, moment in enumerate(moments):
            depart(db, queued(f"c0ffee00-0000-4000-8000-00000000000{number}"), moment=moment)
    span = ("--from", "2026-11-16", "--to", "2026-11-22")
    listed = json.loads(_own(home, "history", "--json", *span).stdout)
    assert [each["begun"][:10] for each in listed] == ["2026-11-22", "2026-11-16"]
    assert all(hashlib.sha256(each["body"].encode()).hexdigest() == each["sha256"] for each in listed)
    first, *rest = _own(home, "history", *span).stdout.splitlines()
    assert first == "In that time 2 reports were sent and taken; 2 receipts are kept here."
    assert len(rest) == 2
    assert _own(home, "history", "--from", "2027-01-01").stdout.startswith("In that time no")
    assert len(json.loads(_own(home, "history", "--json", "--to", "2026-11-14").stdout)) == 1
    with opened(home.profile) as db:
        for moment in moments:
            depart(db, outcome=Outcome.NOTHING_LEFT, failure=Failure.CONNECTION, moment=moment)
    assert len(json.loads(_own(home, "history", "--json", "--from", "2026-11-23").stdout)) == 2
    alone = _own(home, "history", "--from", "2026-11-17", "--to", "2026-11-21").stdout
    assert alone.startswith("In that time nothing was sent.")  # how many of the four attempts were then is not known
    for words in (("--from", "week"), ("--from", "2026-11-22", "--to", "2026-11-16"), ("00", "--from", "2026-11-16")):
        refused = _own(home, "history", *words)
        assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (2, "", 1)
