"""Back-off counts session ends; the next attempt is as the last measured server left it."""

from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.delivery.backoff import (
    AT_START,
    attempt_due,
    attempt_ended,
    failures_and_skips,
    next_attempt,
    session_ended,
    skips_left,
    take_attempt,
)
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.records import QueueState
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import Database, all_meta, set_meta
from shimmy_metrics.system.profile import Profile
from support.queued import uuid
from support.samples import NOW, memory_store, profile, queued, session

YES = Decision(consent=Consent.GRANTED, consent_id="grant")


def test_back_off_passes_over_none_then_one_then_two_ends() -> None:
    made = []
    for failures in (0, 1, 2, 3, 9):
        passed = 0
        while skips_left(failures, passed):
            passed += 1
        made.append(passed)
    assert made == [0, 0, 1, 2, 2]


def test_it_is_told_how_many_ends_still_make_no_attempt() -> None:
    left = [skips_left(failures, passed) for failures in (0, 1, 2, 3, 9) for passed in (0, 1, 2, 3)]
    assert left == [0, 0, 0, 0] * 2 + [1, 0, 0, 0] + [2, 1, 0, 0] * 2


def test_an_end_makes_one_attempt_and_counts_once() -> None:
    with memory_store() as db:
        for failures, ends in enumerate((1, 1, 2, 3, 3)):
            for end in range(ends):
                left = ends - 1 - end
                assert failures_and_skips(db) == (failures, left)
                made = session_ended(db)
                assert made is (left == 0)
                assert attempt_due(db) is made
                assert [take_attempt(db) for _ in range(3)] == [made, False, False]
                assert not attempt_due(db)
            attempt_ended(db, failed=True)
        attempt_ended(db, failed=False)
        assert failures_and_skips(db) == (0, 0)
        assert session_ended(db)


def test_before_any_end_was_counted_an_attempt_is_open() -> None:
    with memory_store() as db:
        assert attempt_due(db)


def test_what_one_version_counted_the_next_one_reads() -> None:
    with memory_store() as db:
        session_ended(db)
        attempt_ended(db, failed=True)
        assert all_meta(db) == {"attempted": "0", "failures": "1", "passed-over": "0"}


@pytest.mark.parametrize("variables", [{}, {"INVOCATION_ID": "c0ffee"}])
@pytest.mark.parametrize("told", ["yes", "no"])
def test_how_the_last_server_was_started_counts_not_how_this_process_was(
    tmp_path: Path, variables: dict[str, str], told: str
) -> None:
    with memory_store() as db:
        set_meta(db, "at-start", told)
        assert next_attempt(profile(tmp_path, **variables), db, YES) == NextAttempt(0, told == "yes")
    assert AT_START == "at-start"  # what one version wrote the next one reads


def test_before_any_server_was_measured_this_process_tells_it_where_it_is_a_unit(tmp_path: Path) -> None:
    with memory_store() as db:
        assert next_attempt(profile(tmp_path), db, YES) == NextAttempt(0, None)
        assert next_attempt(profile(tmp_path, INVOCATION_ID="c0ffee"), db, YES) == NextAttempt(0, True)


def _fail(db: Database, times: int) -> None:
    for _ in range(times):
        set_meta(db, "attempted", "1")  # the attempt was taken
        attempt_ended(db, failed=True)


def _begin(mine: Profile, db: Database, number: int, consent_id: str = "grant", *, alive: bool) -> None:
    row_id = sessions.begin(db, session(uuid(number), consent_id=consent_id))
    if alive:
        mine.state_path.mkdir(mode=0o700, parents=True)
        sessions.take_lock(mine, row_id)


@pytest.mark.parametrize(
    ("failures", "first", "second"), [(0, "now", "now"), (2, "later", "now"), (3, "later", "later")]
)
def test_the_next_start_makes_the_attempt_of_a_session_whose_process_is_gone(
    tmp_path: Path, failures: int, first: str, second: str
) -> None:
    mine = profile(tmp_path)
    with memory_store() as db:
        set_meta(db, "at-start", "no")
        _fail(db, failures)
        left = max(min(failures - 1, 2), 0)
        for crashed, told in enumerate((first, second), 1):
            _begin(mine, db, crashed, alive=False)
            later = NextAttempt(left - crashed, at_start=False)
            assert next_attempt(mine, db, YES) == (NextAttempt(0, at_start=True) if told == "now" else later)


def test_a_session_that_goes_on_or_is_of_another_yes_makes_no_attempt_at_the_next_start(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    with memory_store() as db:
        set_meta(db, "at-start", "no")
        _begin(mine, db, 1, "another", alive=False)
        assert next_attempt(mine, db, YES) == NextAttempt(0, at_start=False)
        _begin(mine, db, 2, alive=True)
        _begin(mine, db, 3, alive=False)
        assert next_attempt(mine, db, YES) == NextAttempt(0, at_start=False)


def test_where_reports_are_sent_at_a_start_the_one_after_a_skipped_end_makes_no_attempt(tmp_path: Path) -> None:
    with memory_store() as db:
        set_meta(db, "at-start", "yes")
        mine = profile(tmp_path)
        mine.state_path.mkdir(mode=0o700, parents=True)
        _fail(db, 3)
        lock = sessions.take_lock(mine, sessions.begin(db, session(consent_id="grant")))
        assert next_attempt(mine, db, YES) == NextAttempt(2, at_start=True)
        sessions.remove(db, 1)
        lock.release(remove=True)
        assert [session_ended(db), next_attempt(mine, db, YES).ends_skipped] == [False, 2]
        assert [session_ended(db), next_attempt(mine, db, YES).ends_skipped] == [False, 1]
        assert [session_ended(db), next_attempt(mine, db, YES).ends_skipped] == [True, 0]
        attempt_ended(db, failed=True)  # a release by hand, which leaves that end its attempt
        assert next_attempt(mine, db, YES) == NextAttempt(0, at_start=True)


def test_right_after_a_session_s_end_its_sender_is_starting(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    with memory_store() as db:
        set_meta(db, "at-start", "no")
        outbox.add(db, queued(moment=NOW - timedelta(seconds=SEND_SECONDS)))
        assert session_ended(db)
        assert not next_attempt(mine, db, YES).soon
        outbox.add(db, queued(uuid(1), QueueState.HELD_BY_HAND))
        assert not next_attempt(mine, db, YES).soon
        outbox.add(db, queued(uuid(2)))
        assert next_attempt(mine, db, YES) == NextAttempt(0, at_start=False, soon=True)
        assert take_attempt(db)
        assert not next_attempt(mine, db, YES).soon


@pytest.mark.parametrize(("failures", "later"), [(0, 0), (1, 0), (2, 1), (3, 2)])
def test_where_reports_leave_at_the_start_the_end_of_a_running_server_counts_first(
    tmp_path: Path, failures: int, later: int
) -> None:
    mine = profile(tmp_path)
    with memory_store() as db:
        set_meta(db, "at-start", "yes")
        _fail(db, failures)
        _begin(mine, db, 1, alive=True)
        assert next_attempt(mine, db, YES) == NextAttempt(later, at_start=True)
