"""An export's own rules take every raw value that a report can leave, and nothing beside them."""

import base64
import json
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.export import FORMAT, FORMAT_1, Damage, export
from shimmy_metrics.actions.export_rules import measured as _measured
from shimmy_metrics.actions.export_schema import check_export
from shimmy_metrics.actions.validate import validate_given, validate_held
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.departure_log import departure_line
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import Departure, Failure, NoteKind, Outcome
from shimmy_metrics.report.build import raw_values
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import chain, departures, outbox, sessions
from shimmy_metrics.store.database import Database, opened, set_meta, transaction
from shimmy_metrics.system.log import EVENTS, log_departure, log_event
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.vocabulary import CLIENTS, OTHER, ROUTES, TokenSource
from support.samples import COUNTERS, FACTS, NOW, SESSION_ID, SUMMED, measured, profile, queued, sealed, session

NOTHING_KNOWN = Facts(
    system="other",
    architecture="other",
    memory_bytes=None,
    cores=None,
    gpu_vendor=None,
    gpu_detected=True,
    region="unknown",
    zone="",
)
EVERYTHING_MET = COUNTERS._replace(
    sources=dict.fromkeys(map(str, TokenSource), 1_000),
    routes=dict.fromkeys([*ROUTES, OTHER], 1),
    clients=dict.fromkeys(CLIENTS, 12),
)


@pytest.mark.parametrize("counters", [Counters(), Counters()._replace(requests=1), COUNTERS, EVERYTHING_MET])
@pytest.mark.parametrize("facts", [FACTS, NOTHING_KNOWN, FACTS._replace(zone="UTC-05:00")])
@pytest.mark.parametrize("first", [True, False])
def test_every_raw_value_can_stand_in_an_export(counters: Counters, facts: Facts, first: bool) -> None:
    values = measured()._replace(counters=counters, facts=facts, first_of_day=first, first_of_month=first, version="")
    assert [name for name, text in raw_values(values).items() if not _measured({name: text})] == []


@pytest.mark.parametrize("planted", ["/home/somebody", "llama-3.1-8b", "2 names, hashed: llama", "first of the day; x"])
def test_other_words_cannot(planted: str) -> None:
    for name in raw_values(measured()):
        assert not _measured({name: planted})


@pytest.mark.skipif("UTC" not in zoneinfo.available_timezones(), reason="this system has no table of time zones")
@pytest.mark.parametrize(
    ("zone", "stands"),
    [
        ("America/Chicago", True),
        ("Asia/Dubai", True),
        ("America/Springfield", False),
        ("America", False),
        ("../../../etc/passwd", False),
        ("tzdata.zi", False),
        ("", False),
    ],
)
def test_a_time_zone_that_exists_can_stand_there_and_is_the_one_file_that_is_read(
    zone: str, stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(zoneinfo, "available_timezones")  # reads 600
    assert _measured({"region_indicator": zone}) is stands


@pytest.mark.parametrize("written", ["2025-01-15T10:30:00Z", "2025-01-15T10:30:00.123456789+00:00"])
def test_a_decision_s_time_as_shimmy_itself_would_write_it_can_stand_there(written: str) -> None:
    held = {"format": FORMAT, "config": {"last_updated": written}, "sessions": [], "outbox": [], "receipts": []}
    assert check_export(held) == ([], 0)


@pytest.mark.parametrize(
    ("keys", "holds"),
    [
        ({}, True),
        (None, True),
        ({"app.validate": "V", "app.quit": "ctrl+c, f10", "page.first": "question_mark", "x.y": "]"}, True),
        ({"app.validate": "the prompt of somebody"}, False),
        ({"/home/somebody": "V"}, False),
        ({"app.validate": 7}, False),
        ("V", False),
    ],
)
def test_a_person_s_own_keys_can_stand_in_an_export_and_other_words_cannot(keys: object, holds: bool) -> None:
    held = {"format": FORMAT, "config": {"metrics": {"keys": keys}}}
    assert (check_export(held)[0] == []) is holds


def sent(db: Database, body: bytes, outcome: Outcome = Outcome.CONFIRMED) -> None:
    """Book a departure that carried `body`."""
    one = Departure(0, NOW, "https://example.org/", digest(body), len(body), 1, by_hand=False)
    with transaction(db):
        number = departures.begin(db, one)
        departures.record_report_ids(db, number, [SESSION_ID])
        status, kept = (200, body) if outcome.taken else (500, b"")
        departures.complete(db, number, ended=NOW, outcome=outcome, status=status, taken=int(outcome.taken), body=kept)


BODY = sealed().body
OLDER = BODY.replace(b'"metrics":{', b'"metrics":{"retired_field":7,')
"""A report as older rules had it."""


def _holding(part: str, **entry: object) -> dict[str, Any]:
    return {"format": FORMAT, part: [entry]}


def test_an_export_with_older_receipts_is_sound_and_so_is_what_it_was_made_of(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    enable(mine)
    with opened(mine) as db:
        sent(db, OLDER)
    for found in (validate_held(mine), validate_given(export(mine), mine)):
        assert (found.violations, found.checked) == ((), 1)
    assert json.loads(export(mine))["receipts"][0]["body"] == OLDER.decode()


@pytest.mark.parametrize("damaged", [BODY.replace(b"linux", b"haiku"), b"\xff\xfe" + BODY])
def test_damaged_bytes_are_exported_apart_and_named_for_what_they_are(tmp_path: Path, damaged: bytes) -> None:
    mine = profile(tmp_path)
    enable(mine)
    with opened(mine) as db:
        outbox.add(db, queued())
        db.execute("UPDATE outbox SET body = ?", (damaged,))
    (violation,) = validate_held(mine).violations
    assert str(violation) == "outbox[0].damaged_base64: are not the bytes of the digest beside them"
    (entry,) = json.loads(export(mine))["outbox"]
    assert "body" not in entry


def test_damaged_bytes_are_base64_and_nothing_else() -> None:
    violations, _ = check_export(_holding("outbox", damaged_base64="somebody's words"))
    assert "outbox[0].damaged_base64: is not a value that can stand here" in map(str, violations)


DEPARTURES = [
    departure_line(outcome, failure, reports=number, status=status, queued=number > 1)
    for outcome in Outcome
    for failure in Failure
    for number, status in ((1, 0), (2, 503))
]


@pytest.fixture
def full(tmp_path: Path) -> Profile:
    """Return a profile that holds something of everything."""
    mine = profile(tmp_path)
    enable(mine)
    with opened(mine) as db:
        outbox.add(db, queued(consent_id="c0ffee00-0000-4000-8000-0000000000aa"))
        cursors = session("c0ffee00-0000-4000-8000-00000000beef")._replace(client_hint="cursor", counters=SUMMED)
        sessions.begin(db, cursors)
        sent(db, BODY)
        sent(db, BODY, Outcome.ERROR)
        with transaction(db):
            chain.add_note(db, at=NOW, kind=NoteKind.DELETED, number=1)
        set_meta(db, "active-day", "2026-11-23")
    for event in EVENTS:
        log_event(mine, event, OSError("/home/somebody"))
    for line in DEPARTURES:
        log_departure(mine, line)
    return mine


def test_an_export_has_every_row_column_and_line_that_is_held(full: Profile) -> None:
    held = json.loads(export(full))
    with opened(full) as db:
        tables = {str(row[0]) for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        columns = {name: {str(row[1]) for row in db.execute(f"PRAGMA table_info({name})")} for name in tables}
    assert tables == {"meta", "sessions", "outbox", "departures", "days", "latest", "notes", "sqlite_sequence"}
    (waiting,), (running,), (receipt,) = held["outbox"], held["sessions"], held["receipts"]
    assert columns["departures"] - {"row_id", "body"} == set(held["departures"][0]) - {"id"}
    assert columns["notes"] == set(held["notes"][0])
    assert columns["days"] == set(held["days"][0])
    assert held["days"] == [{"day": day, **sums._asdict()} for day, sums in SUMMED.days.items()]
    assert running["counters"]["days"] == {day: list(sums) for day, sums in SUMMED.days.items()}
    assert columns["sessions"] - {"row_id", "report_id", "local"} == running.keys() - {"session_id", "only_for_me"}
    assert columns["outbox"] - {"row_id", "report_id", "state", "detail"} == waiting.keys() - {"wait", "reason"}
    assert receipt["body"] == BODY.decode()
    assert (held["meta"], running["client_hint"]) == ({"active-day": "2026-11-23"}, "cursor")
    assert held["log"] == Path(full.log_file).read_text().splitlines()
    assert len(held["log"]) == len(EVENTS) + len(DEPARTURES)
    assert held["config"]["metrics"]["enabled"] is True


def test_it_is_sound_also_for_somebody_who_has_the_file_alone(full: Profile, tmp_path: Path) -> None:
    elsewhere = profile(tmp_path / "elsewhere")
    found = validate_given(export(full), elsewhere)
    assert (found.violations, found.checked) == ((), 2)


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda held: held["departures"][0].update(status=200), "departure 2: is not as it was written"),
        (lambda held: held["departures"][1].update(by_hand=True), "departure 1: is not as it was written"),
        (lambda held: held["departures"].pop(0), "note 5: is not as it was written"),
        (lambda held: held["receipts"].pop(), "departure 1: is not as it was written"),
        (lambda held: held["notes"][0].update(number=2), "note 5: is not as it was written"),
        (lambda held: held["notes"][0].update(link="0" * 64), "note 5: is not as it was written"),
        (lambda held: held["departures"][0].update(begin_place=None), "departures: is not as it was written"),
    ],
)
def test_the_chain_is_checked_from_the_export_alone(full: Profile, change: Change, broken: str) -> None:
    held = json.loads(export(full))
    change(held)
    assert broken in map(str, check_export(held)[0])


@pytest.mark.parametrize(
    ("line", "may_stand"),
    [
        ("2026-11-23T14:32:07Z the sender stopped (OSError)", True),
        ("2026-11-23T14:32:07Z 1 report not sent to the receiver: you withdrew", True),
        ("2026-11-23T14:32:07Z 1 report cut off here, possibly sent: your consent did not cover it any more", True),
        ("2026-11-23T14:32:07Z 1 report cut off by you, possibly sent", True),
        ("2026-11-23T14:32:07Z the sender met an error and ended; what was not sent waits here (OSError)", True),
        ("2026-11-23T14:32:07Z measuring met an error; the server runs on (UserError)", True),
        ("2026-11-23T14:32:07Z a step of the measured session failed (OSError)", True),
        ("2026-11-23T14:32:07Z 2 reports not sent to the receiver: no connection could be made; they wait here", True),
        ("2026-11-23T14:32:07Z 2 reports not sent to the receiver: no connection to my house", False),
        ("2026-11-23T14:32:07Z may-have-left: 2 report(s), status 0", True),
        ("2026-11-23T14:32:07Z sent 2 report(s), status 0 ConnectError: later", True),
        ("2026-11-23T14:32:07Z the sender stopped (OSError: /home/somebody)", False),
        ("2026-11-23T14:32:07Z somebody was here", False),
        ("the sender stopped", False),
        ("2026-11-23T14:32:07Z sold: 2 report(s), status 0", False),
        ("", False),
    ],
)
def test_each_line_of_the_log_is_a_time_and_an_event_of_ours(full: Profile, line: str, may_stand: bool) -> None:
    with Path(full.log_file).open("a") as file:
        file.write(f"{line}\n")
    found = validate_held(full)
    assert found.ok is may_stand
    assert [str(each) for each in found.violations] == (
        [] if may_stand else ["log: is not a value that can stand here"]
    )


@pytest.mark.parametrize(
    ("name", "value", "may_stand"),
    [
        ("ended", "https://example.org/v1", True),
        ("failures", "12", True),
        ("failures", "many", False),
        ("active-day", "somebody's birthday", False),
        ("at-start", "yes", True),
        ("at-start", "at noon", False),
        ("remark", "1", False),
    ],
)
def test_each_remembered_word_has_its_rule(full: Profile, name: str, value: str, may_stand: bool) -> None:
    with opened(full) as db:
        set_meta(db, name, value)
    assert validate_held(full).ok is may_stand


def test_the_version_before_is_read(tmp_path: Path) -> None:
    receipt = {"at": "2026-11-23T14:32:07Z", "endpoint": "https://example.org/", "status": 200, "outcome": "confirmed"}
    receipt |= {"reports": 1, "note": "", "link": "0" * 64, "sha256": digest(BODY), "body": BODY.decode()}
    held = {"format": FORMAT_1, "config": {}, "sessions": [], "outbox": [], "receipts": [receipt]}
    found = validate_given(json.dumps(held).encode(), profile(tmp_path))
    assert (found.violations, found.checked) == ((), 1)
    assert check_export(held | {"log": []})[0] != []


def test_an_export_says_what_is_wrong_with_damaged_bytes(full: Profile) -> None:
    for damaged, damage in (
        (b"\xff", Damage.NO_JSON),
        (b"[" * 100_000, Damage.NESTED),
        (b"{}", Damage.NOT_ALLOWED),
        (b'{"a":1,"a":2}', Damage.NOT_ALLOWED),
    ):
        with opened(full) as db:
            db.execute("UPDATE outbox SET body = ?", (damaged,))
        (waiting,) = json.loads(export(full))["outbox"]
        assert (base64.b64decode(waiting["damaged_base64"]), waiting["damage"]) == (damaged, damage)
        assert len(validate_held(full).violations) == 1
