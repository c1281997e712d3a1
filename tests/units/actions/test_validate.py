"""What a validation says of itself: what it checked by rule, what it searched for, and where it looked."""

import json
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.leak_scan import Identifier
from shimmy_metrics.actions.validate import ValidationResult, validate_given, validate_held
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.records import Departure, DepartureKind, Outcome
from shimmy_metrics.store import departures, outbox
from shimmy_metrics.store.database import opened, transaction
from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.validation import findings
from support.old_store import EXPORT_2
from support.samples import NOW, profile, queued, sealed
from support.store_files import store_path

SECRET = "hunter2hunter2"
ADDRESSES = [Identifier("IP address", "10.20.30.4"), Identifier("IP address", "10.20.30.5")]


@pytest.fixture
def mine(tmp_path: Path) -> Profile:
    made = profile(tmp_path, USER="dana", SHIMMY_API_KEY=SECRET)
    enable(made)
    with opened(made) as db:
        outbox.add(db, queued())
    log_event(made, "the sender met an error and ended")
    return made


def told(found: ValidationResult, *, held: bool = True) -> list[str]:
    return list(findings(found, held=held))


def _validated(mine: Profile) -> ValidationResult:
    with (
        patch("shimmy_metrics.actions.leak_scan._addresses", return_value=ADDRESSES),
        patch("shimmy_metrics.actions.leak_scan._login_name", return_value="dana"),
        patch("shimmy_metrics.actions.leak_scan._host_name", return_value="workbench-7"),
        patch("shimmy_metrics.actions.leak_scan.home_dir", return_value="/home/dana"),
        patch("os.getcwd", return_value="/"),
    ):
        return validate_held(mine)


def test_it_says_what_it_checked_by_rule_and_what_it_searched_for(mine: Profile) -> None:
    found = _validated(mine)
    assert found.ok
    assert told(found) == [
        "Checked everything kept here (0 sessions, 1 waiting report, 0 receipts, 0 departures, 0 notes, 1 log "
        "line): every byte is one that its rule allows.",
        "Searched for 1 user name, 1 host name, 1 home directory, 1 secret in the environment, 2 IP addresses. None "
        "is in what is kept, the store, the store's journal and the log.",
        "Not searched for: names under 3 letters, secrets under 8, names that are words of ours, other paths, and "
        "model names, which are kept nowhere.",
    ]


def test_a_given_report_is_told_as_such(tmp_path: Path) -> None:
    lines = told(validate_given(sealed().body, profile(tmp_path, SHIMMY_API_KEY=SECRET)), held=False)
    assert lines[0] == "1 report checked: every byte is one that the fields allow."
    assert lines[1].startswith("Searched for ")
    assert lines[1].endswith(". None is in it.")


def _in_log(mine: Profile) -> None:
    with Path(mine.log_file).open("a") as log:
        log.write(f"2026-11-23T14:32:07Z {SECRET}\n")


def _in_store(mine: Profile) -> None:
    data = store_path(mine).read_bytes()
    with store_path(mine).open("r+b") as store:
        store.seek(data.rindex(bytes(200)) + 100)  # where no row stands
        store.write(SECRET.encode())


def _in_journal(mine: Profile) -> None:
    store_path(mine).with_name("metrics.db-journal").write_bytes(b"\0" * 512 + SECRET.encode())


def _in_lock(mine: Profile) -> None:
    (mine.state_path / "sender.lock").write_text(SECRET)


def _in_session_lock(mine: Profile) -> None:
    (mine.state_path / "session-7.lock").write_text(SECRET)


@pytest.mark.parametrize(
    ("plant", "place"),
    [
        (_in_log, "the log"),
        (_in_store, "the store"),
        (_in_journal, "the store's journal"),
        (_in_lock, "the sender's lock"),
        (_in_session_lock, "a session's lock"),
    ],
)
def test_a_leak_is_found_in_each_file_of_ours(mine: Profile, plant: Callable[[Profile], None], place: str) -> None:
    plant(mine)
    found = validate_held(mine)
    assert f"found: secret in the environment (SHIMMY_API_KEY) in {place}" in told(found)
    assert not any(SECRET in line for line in told(found))
    assert not any(line.startswith("Searched for") for line in told(found))


def test_a_lock_holds_at_most_the_number_that_version_1_wrote(mine: Profile) -> None:
    lock = mine.state_path / "sender.lock"
    lock.write_text("4711\n")
    assert validate_held(mine).ok
    lock.write_text("somebody was here")
    assert [str(violation) for violation in validate_held(mine).violations] == [
        "sender.lock: is a lock, and holds more than a process's number"
    ]


def test_each_damaged_report_is_counted_among_those_checked(mine: Profile) -> None:
    with opened(mine) as db:
        outbox.add(db, queued("c0ffee00-0000-4000-8000-00000000beef"))
        db.execute("UPDATE outbox SET body = ? WHERE row_id = 1", (b"{}",))
    found = validate_held(mine)
    assert told(found)[-1] == "1 violation found."


def test_an_earlier_version_s_export_holds_although_it_names_no_kind_of_departure(mine: Profile) -> None:
    assert validate_given(EXPORT_2, mine).violations == ()


def test_in_an_export_a_recall_cannot_pass_for_reports_nor_be_of_no_kind(mine: Profile) -> None:
    with opened(mine) as db, transaction(db):
        begun = Departure(0, NOW, ENDPOINT, sealed().sha256, 0, 1, by_hand=True, kind=DepartureKind.RECALL)
        departures.complete(db, departures.begin(db, begun), ended=NOW, outcome=Outcome.RECALLED, status=204, taken=1)
    held = json.loads(export(mine))
    assert validate_given(json.dumps(held).encode(), mine).violations == ()
    for kind, rule in ((1, "is not as it was written"), (3, "is not a value that can stand here")):
        held["departures"][0]["kind"] = kind
        (found,) = validate_given(json.dumps(held).encode(), mine).violations
        assert found.rule == rule
