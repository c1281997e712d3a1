"""What the end of a session makes of it, without a disk: each rule, and every value that is written."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.as_sealed import measured
from shimmy_metrics.delivery.backoff import failures_and_skips
from shimmy_metrics.delivery.seal import end_session
from shimmy_metrics.limits import OUTBOX_REPORTS
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import NoteKind, QueuedReport, QueueState
from shimmy_metrics.report.build import raw_values
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.store import chain, outbox, sessions
from shimmy_metrics.store.database import set_meta
from support import samples
from support.queued import LOCAL, report, uuid
from support.samples import COUNTERS, FACTS, NOW, SESSION_ID, memory_store, profile, sealed, session
from support.seal_home import YES, Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with memory_store() as db:
        yield Home(tmp_path, db)


def test_a_session_becomes_a_report_and_is_kept_with_it(home: Home) -> None:
    row_id = home.begin()
    assert home.end(row_id)
    made = sealed(uuid(0))
    raw = raw_values(samples.measured(uuid(0)))
    assert outbox.everything(home.db) == [
        QueuedReport(1, uuid(0), made.body, made.sha256, NOW, QueueState.DUE, raw, YES, LOCAL)
    ]
    (ended,) = sessions.everything(home.db)
    assert (ended.counters, ended.updated, ended.ended, ended.local) == (COUNTERS, NOW, NOW, False)
    assert home.told == ("2026-11-23", "2026-11")
    assert chain.notes(home.db) == []


def test_what_ended_already_is_left_as_it_is_and_counts_as_no_other_end(home: Home) -> None:
    row_id = home.begin()
    assert home.end(row_id)
    before = sessions.everything(home.db)
    set_meta(home.db, "failures", "9")
    assert not end_session(home.profile, home.db, row_id, Counters(), FACTS)
    assert sessions.everything(home.db) == before
    assert len(outbox.everything(home.db)) == 1
    assert not home.end(row_id + 1)  # one that is gone
    assert failures_and_skips(home.db) == (9, 2)


def test_an_end_that_makes_no_attempt_is_counted_with_the_session_s_end(home: Home) -> None:
    set_meta(home.db, "failures", "9")
    ends = [(home.end(home.begin(number)), *failures_and_skips(home.db)) for number in range(3)]
    assert ends == [(False, 9, 1), (False, 9, 0), (True, 9, 0)]
    assert len(outbox.due(home.db)) == 3


def test_an_end_with_nothing_due_or_after_which_nothing_may_leave_counts_as_none(home: Home) -> None:
    set_meta(home.db, "failures", "9")
    assert not home.end(home.begin(local=True))
    outbox.add(home.db, report(1, YES))
    elsewhere = profile(home.root, SHIMMY_METRICS_ENDPOINT="http://127.0.0.1:9/elsewhere")
    assert not home.end(home.begin(2), mine=elsewhere)
    assert failures_and_skips(home.db) == (9, 2)
    assert not home.end(home.begin(3, local=True))  # a session's end all the same, and something is due
    assert failures_and_skips(home.db) == (9, 1)


def test_after_410_a_session_is_kept_for_the_person_and_nothing_is_sealed(home: Home) -> None:
    set_meta(home.db, "ended", LOCAL)
    assert not home.end(home.begin())
    assert outbox.everything(home.db) == []
    (kept,) = home.kept
    assert (kept.counters, kept.updated, kept.ended, kept.local) == (COUNTERS, NOW, NOW, True)
    assert home.told == ("", "")


def test_after_410_no_end_counts_though_a_report_is_due(home: Home) -> None:
    set_meta(home.db, "failures", "9")
    outbox.add(home.db, report(1, YES))
    set_meta(home.db, "ended", LOCAL)
    assert not home.end(home.begin(2))
    assert failures_and_skips(home.db) == (9, 2)


def test_another_endpoint_s_410_is_nobody_s_business(home: Home) -> None:
    set_meta(home.db, "ended", "http://127.0.0.1:9/elsewhere")
    assert home.end(home.begin())


def test_a_session_for_the_person_alone_is_not_sealed_under_a_yes(home: Home) -> None:
    assert not home.end(home.begin(local=True))
    assert outbox.everything(home.db) == []
    assert [each.counters for each in home.kept] == [COUNTERS]


def test_under_only_for_me_it_is_kept(home: Home) -> None:
    home.decide(enabled=False, local=True)
    assert not home.end(home.begin())
    assert outbox.everything(home.db) == []
    assert len(home.kept) == 1


def test_under_a_yes_to_a_newer_program_s_fields_it_is_kept(home: Home) -> None:
    home.decide(enabled=True, schema_version=99)
    assert not home.end(home.begin())
    assert outbox.everything(home.db) == []
    assert len(home.kept) == 1


@pytest.mark.parametrize("config", ["declined", "deleted"])
def test_after_a_no_nothing_of_it_stays(home: Home, config: str) -> None:
    home.decide(enabled=False)
    if config == "deleted":
        home.profile.config_path.unlink()
    other = home.begin(1)
    assert not home.end(home.begin())
    assert [each.row_id for each in sessions.everything(home.db)] == [other]
    assert outbox.everything(home.db) == []


def test_a_switch_leaves_it_to_a_start_without_one(home: Home) -> None:
    row_id = home.begin()
    before = sessions.everything(home.db)
    assert not home.end(row_id, mine=profile(home.root, DO_NOT_TRACK="1"))
    assert sessions.everything(home.db) == before
    assert outbox.everything(home.db) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there a file's mode tells nothing")
def test_a_config_that_others_may_write_leaves_it_to_a_start_with_one_that_counts(home: Home) -> None:
    row_id = home.begin()
    before = sessions.everything(home.db)
    home.profile.config_path.chmod(0o666)
    assert not home.end(row_id)
    assert sessions.everything(home.db) == before
    assert outbox.everything(home.db) == []
    home.profile.config_path.chmod(0o600)
    assert home.end(row_id)
    assert len(outbox.everything(home.db)) == 1


@pytest.mark.parametrize(
    ("consent_id", "endpoint", "state"),
    [
        (YES, LOCAL, QueueState.DUE),
        ("an earlier yes", LOCAL, QueueState.HELD_FOR_ENDPOINT),
        (YES, "http://127.0.0.1:9/elsewhere", QueueState.HELD_FOR_ENDPOINT),
    ],
)
@pytest.mark.parametrize("delivery", ["automatic", "review"])
def test_a_report_waits_as_the_yes_that_measured_it_says(
    home: Home, delivery: str, consent_id: str, endpoint: str, state: QueueState
) -> None:
    home.decide(enabled=True, delivery=delivery)
    if state is QueueState.DUE and delivery == "review":
        state = QueueState.HELD_BY_MODE
    assert home.end(home.begin(consent_id=consent_id, endpoint=endpoint)) is (state is QueueState.DUE)
    (waiting,) = outbox.everything(home.db)
    assert (waiting.state, waiting.consent_id, waiting.endpoint) == (state, consent_id, endpoint)


def test_another_spelling_of_the_agreed_endpoint_is_that_endpoint(home: Home) -> None:
    assert home.end(home.begin(endpoint=f"{LOCAL}/"))
    (waiting,) = outbox.everything(home.db)
    assert (waiting.state, waiting.endpoint) == (QueueState.DUE, LOCAL)


def test_what_the_outbox_does_not_hold_is_dropped_and_noted(home: Home) -> None:
    for number in range(OUTBOX_REPORTS + 1):
        home.end(home.begin(number))
    (noted,) = chain.notes(home.db)
    assert (noted.kind, noted.number, noted.at) == (NoteKind.DROPPED, 1, NOW)
    assert len(outbox.everything(home.db)) == OUTBOX_REPORTS


def test_the_end_of_any_session_deletes_what_has_waited_too_long(home: Home) -> None:
    home.end(home.begin(1))
    home.db.execute("UPDATE outbox SET sealed = ?", ((NOW - timedelta(days=15)).isoformat(),))
    assert not home.end(home.begin(2, local=True))
    assert outbox.everything(home.db) == []
    (noted,) = chain.notes(home.db)
    assert (noted.kind, noted.number) == (NoteKind.DROPPED, 1)


def test_a_day_without_use_is_not_told_as_active(home: Home) -> None:
    assert end_session(home.profile, home.db, home.begin(), Counters(), FACTS)
    assert home.told == ("", "2026-11")


@pytest.mark.parametrize(
    ("facts", "month"),
    [
        (FACTS._replace(memory_bytes=None), "2026-11"),
        (FACTS._replace(cores=None), "2026-11"),
        (FACTS._replace(memory_bytes=None, cores=None), ""),
    ],
)
def test_a_month_is_told_with_the_first_figure_of_the_machine(home: Home, facts: Facts, month: str) -> None:
    home.end(home.begin(), facts)
    assert home.told == ("2026-11-23", month)


def test_a_figure_is_built_from_the_session_and_what_was_told_before(home: Home) -> None:
    made = measured(None, session(), FACTS, now=NOW, schema_version=1)
    assert made == Measured(SESSION_ID, NOW, "2.6.5", 1, COUNTERS, FACTS, None, first_of_day=True, first_of_month=True)
    assert measured(home.db, session(), FACTS, now=NOW, schema_version=1) == made
    hinted = measured(None, session()._replace(client_hint="zed"), FACTS, now=NOW, schema_version=1)
    assert hinted == made._replace(client_hint="zed")
    set_meta(home.db, "active-day", "2026-11-23")
    same_day = measured(home.db, session(), FACTS, now=NOW, schema_version=1)
    assert (same_day.first_of_day, same_day.first_of_month) == (False, True)
    set_meta(home.db, "machine-month", "2026-11")
    same_month = measured(home.db, session(), FACTS, now=NOW + timedelta(days=1), schema_version=1)
    assert (same_month.first_of_day, same_month.first_of_month) == (True, False)
