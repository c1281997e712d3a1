"""What the end of a session makes of it, without a disk: each rule, and every value that is written."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery import seal
from shimmy_metrics.delivery.backoff import failures_and_skips
from shimmy_metrics.delivery.seal import end_session, example_report, measured, recover_crashed, seal_ended
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import OUTBOX_REPORTS
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import NoteKind, QueuedReport, QueueState, Session
from shimmy_metrics.report.build import raw_values
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.store import chain, outbox, sessions
from shimmy_metrics.store.database import Database, get_meta, opened, set_meta, store_path
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.profile import Profile
from support import samples
from support.queued import LOCAL, report, uuid
from support.samples import COUNTERS, FACTS, NOW, SESSION_ID, memory_store, profile, sealed, session

YES = "the yes in force"


class Home:
    """A home with a yes whose store is in memory."""

    def __init__(self, root: Path, db: Database) -> None:
        self.root = root
        self.db = db
        self.profile = profile(root)
        self.decide(enabled=True)

    def decide(self, **metrics: object) -> None:
        known = {"session_id": YES, "schema_version": SCHEMA_VERSION, "endpoint": LOCAL}
        self.profile.config_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.profile.config_path.write_text(json.dumps({"metrics": {**known, **metrics}}))

    def begin(self, number: int = 0, consent_id: str = YES, endpoint: str = LOCAL, *, local: bool = False) -> int:
        begun = session(uuid(number), local=local)._replace(consent_id=consent_id, endpoint=endpoint)
        return sessions.begin(self.db, begun._replace(counters=Counters(), updated=NOW - timedelta(hours=1)))

    def end(self, row_id: int, facts: Facts = FACTS, mine: Profile | None = None) -> bool:
        return end_session(mine or self.profile, self.db, row_id, COUNTERS, facts)

    @property
    def kept(self) -> list[Session]:
        return sessions.kept(self.db)

    @property
    def told(self) -> tuple[str, str]:
        """The day and the month for which a report was sealed that counts it."""
        return get_meta(self.db, "active-day"), get_meta(self.db, "machine-month")


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


def test_an_example_is_of_a_session_in_which_nothing_happened() -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    assert example_report(FACTS, NOW, 1) == Measured(
        nobody, NOW, "", 1, Counters(), FACTS, None, first_of_day=True, first_of_month=True
    )


def test_it_tells_no_day_and_no_month_that_was_told(home: Home) -> None:
    home.end(home.begin(1))
    home.end(home.begin(2))
    first, second = (json.loads(each.body)["metrics"] for each in outbox.everything(home.db))
    assert (first["daily_active_usage"], first["cpu_cores"] is None) == (True, False)
    assert (second["daily_active_usage"], second["cpu_cores"]) == (False, None)
    assert example_report(FACTS, NOW, 1, home.db)[-2:] == (False, False)
    assert example_report(FACTS, NOW + timedelta(days=1), 1, home.db)[-2:] == (True, False)
    assert example_report(FACTS, NOW + timedelta(days=31), 1, home.db)[-2:] == (True, True)


def test_a_crashed_session_is_ended_and_a_living_one_is_not(home: Home) -> None:
    home.profile.state_dir.mkdir(mode=0o700, parents=True)
    crashed, living = home.begin(1), home.begin(2)
    left = sessions.take_lock(home.profile, crashed)
    left.release()
    lock = sessions.take_lock(home.profile, living)
    assert recover_crashed(home.profile, home.db, FACTS)
    assert [each.report_id for each in outbox.everything(home.db)] == [uuid(1)]
    assert [each.row_id for each in sessions.running(home.db)] == [living]
    assert [each.name for each in home.profile.state_dir.glob("*.lock")] == [f"session-{living}.lock"]
    set_meta(home.db, "failures", "9")
    assert not recover_crashed(home.profile, home.db, FACTS)  # that which waits was due before
    assert failures_and_skips(home.db) == (9, 2)
    home.begin(3)
    assert not recover_crashed(home.profile, home.db, FACTS)  # an end, which is passed over
    assert failures_and_skips(home.db) == (9, 1)
    lock.release(remove=True)


def test_what_cannot_be_judged_stays_for_the_next_start(home: Home) -> None:
    home.begin()
    home.profile.config_path.write_text("{")
    with pytest.raises(UserError):
        recover_crashed(home.profile, home.db, FACTS)
    assert len(sessions.running(home.db)) == 1


def test_the_process_that_outlives_a_session_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Environment] = []

    def gathered(environment: Environment) -> Facts:
        asked.append(environment)
        return FACTS

    monkeypatch.setattr(seal, "gather", gathered)
    with memory_store() as other:
        mine = Home(tmp_path, other).profile
    mine = Profile.under(tmp_path, {"TZ": "Asia/Tokyo"}, mine.clock)
    seal_ended(mine, 1, COUNTERS)
    assert not mine.state_dir.exists()  # deleted meanwhile, and not made anew
    with opened(mine) as db:
        row_id = sessions.begin(db, session()._replace(consent_id=YES, endpoint=LOCAL))
        session_lock = sessions.take_lock(mine, row_id)
        inherited = session_lock.shared()
        session_lock.release()
    assert inherited is not None
    assert sessions.alive(mine, session()._replace(row_id=row_id))
    seal_ended(mine, row_id, COUNTERS, inherited)
    with opened(mine) as db:
        assert [each.body for each in outbox.due(db)] == [sealed().body]
    assert asked == [mine.environment]
    assert [each.name for each in store_path(mine).parent.glob("*.lock")] == []


def _never_entered() -> Session:
    return session()._replace(consent_id=YES, endpoint=LOCAL)


def test_a_session_that_the_store_never_had_is_entered_and_ended_once(tmp_path: Path) -> None:
    with memory_store() as other:
        mine = Home(tmp_path, other).profile
    seal_ended(mine, 0, COUNTERS, None, _never_entered())
    seal_ended(mine, 0, COUNTERS, None, _never_entered())
    with opened(mine) as db:
        assert [each.report_id for each in outbox.due(db)] == [session().report_id]
        assert len(sessions.everything(db)) == 1


def test_one_that_its_own_process_entered_at_the_last_instant_is_ended_as_that(tmp_path: Path) -> None:
    with memory_store() as other:
        mine = Home(tmp_path, other).profile
    with opened(mine) as db:
        sessions.begin(db, _never_entered()._replace(counters=Counters()))
    seal_ended(mine, 0, COUNTERS, None, _never_entered())
    with opened(mine) as db:
        (waiting,) = outbox.due(db)
    assert b'"requests_per_session":0' not in waiting.body


def test_one_that_the_store_never_had_makes_none_after_a_no(tmp_path: Path) -> None:
    with memory_store() as other:
        mine = Home(tmp_path, other).profile
    mine.config_path.unlink()
    seal_ended(mine, 0, COUNTERS, None, _never_entered())
    assert not mine.state_dir.exists()
