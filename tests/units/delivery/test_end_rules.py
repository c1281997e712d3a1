"""A session that crashed, was never entered, or is an example: what becomes of it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery import seal
from shimmy_metrics.delivery.as_sealed import example_report
from shimmy_metrics.delivery.backoff import failures_and_skips
from shimmy_metrics.delivery.seal import recover_crashed, seal_ended
from shimmy_metrics.errors import UserError
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import Session
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened, set_meta
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.profile import Profile
from support.queued import LOCAL, uuid
from support.samples import COUNTERS, FACTS, NOW, memory_store, sealed, session
from support.seal_home import YES, Home
from support.store_files import store_path


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with memory_store() as db:
        yield Home(tmp_path, db)


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
    home.profile.state_path.mkdir(mode=0o700, parents=True)
    crashed, living = home.begin(1), home.begin(2)
    left = sessions.take_lock(home.profile, crashed)
    left.release()
    lock = sessions.take_lock(home.profile, living)
    assert recover_crashed(home.profile, home.db, FACTS)
    assert [each.report_id for each in outbox.everything(home.db)] == [uuid(1)]
    assert [each.row_id for each in sessions.running(home.db)] == [living]
    assert [each.name for each in home.profile.state_path.glob("*.lock")] == [f"session-{living}.lock"]
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
    assert not mine.state_path.exists()  # deleted meanwhile, and not made anew
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
    assert not mine.state_path.exists()
