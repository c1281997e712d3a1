"""Back-off counts session ends; the next attempt is as the last measured server left it."""

from pathlib import Path

import pytest

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
from shimmy_metrics.records import NextAttempt
from shimmy_metrics.store.database import all_meta, set_meta
from support.samples import memory_store, profile


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
        assert next_attempt(profile(tmp_path, **variables), db) == NextAttempt(0, told == "yes")
    assert AT_START == "at-start"  # what one version wrote the next one reads


def test_before_any_server_was_measured_this_process_tells_it_where_it_is_a_unit(tmp_path: Path) -> None:
    with memory_store() as db:
        assert next_attempt(profile(tmp_path), db) == NextAttempt(0, None)
        assert next_attempt(profile(tmp_path, INVOCATION_ID="c0ffee"), db) == NextAttempt(0, True)
