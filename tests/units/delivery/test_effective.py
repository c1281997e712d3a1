"""When a sender makes its next attempt, as the last measured server left it."""

from pathlib import Path

import pytest

from shimmy_metrics.delivery.effective import AT_START, next_attempt
from shimmy_metrics.records import NextAttempt
from shimmy_metrics.store.database import set_meta
from support.samples import memory_store, profile


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
