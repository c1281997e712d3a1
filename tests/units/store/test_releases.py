"""Releases by hand: each is taken once, by the sender that was started for it, in its time."""

import re
import sqlite3
from datetime import datetime, timedelta

import pytest

from shimmy_metrics.actions.export_rules import RELEASED
from shimmy_metrics.limits import RELEASE_SECONDS
from shimmy_metrics.store import releases
from shimmy_metrics.store.database import all_meta, get_meta, set_meta
from support.samples import NOW, memory_store

YES = "the yes in force"
OVER = timedelta(seconds=RELEASE_SECONDS + 1)


def test_a_release_is_taken_once_and_leaves_the_others() -> None:
    with memory_store() as db:
        assert releases.released(db, NOW) == frozenset()
        releases.release(db, [3, 1], YES, NOW)
        releases.release(db, [2], YES, NOW)
        assert releases.released(db, NOW) == {1, 2, 3}
        assert releases.take(db, (3, 1), YES, NOW) == [1, 3]
        assert releases.take(db, (3, 1), YES, NOW) == []
        assert releases.released(db, NOW) == {2}


def test_one_that_is_taken_back_is_none_and_the_others_stand() -> None:
    with memory_store() as db:
        releases.release(db, [1, 2, 3], YES, NOW)
        releases.take_back(db, 2, NOW)
        assert releases.released(db, NOW) == {1, 3}
        assert releases.take(db, (1, 2, 3), YES, NOW) == [1, 3]


def test_it_counts_under_its_yes_alone_and_is_gone_all_the_same() -> None:
    with memory_store() as db:
        releases.release(db, [1], YES, NOW)
        assert releases.take(db, [1], "another yes", NOW) == []
        assert releases.released(db, NOW) == frozenset()


@pytest.mark.parametrize("moment", [NOW + OVER, NOW - OVER])
def test_whose_time_is_over_is_none_also_where_a_clock_went_back(moment: datetime) -> None:
    with memory_store() as db:
        releases.release(db, [1], YES, NOW)
        assert releases.released(db, moment) == frozenset()
        releases.release(db, [2], YES, moment)
        assert releases.take(db, [1, 2], YES, moment) == [2]


@pytest.mark.parametrize("seconds", [RELEASE_SECONDS, -RELEASE_SECONDS])
def test_its_time_is_told_to_the_second(seconds: float) -> None:
    with memory_store() as db:
        releases.release(db, [1], YES, NOW)
        assert releases.released(db, NOW + timedelta(seconds=seconds)) == {1}
        assert releases.released(db, NOW + timedelta(seconds=seconds * 1.001)) == frozenset()


def test_what_one_version_released_the_next_one_reads() -> None:
    with memory_store() as db:
        releases.release(db, [1], YES, NOW)
        assert list(all_meta(db)) == ["released"]


def test_what_is_kept_of_it_is_known_to_validate() -> None:
    with memory_store() as db:
        for reports in ([], [1], [2, 3]):
            releases.release(db, reports, "c0ffee00-0000-4000-8000-000000000001", NOW)
            assert re.fullmatch(RELEASED, get_meta(db, releases.RELEASED))
    assert not re.fullmatch(RELEASED, '[[1, "2026-11-23T14:32:07+00:00", "my secret"]]')


@pytest.mark.parametrize("text", ["{", "[1]", '[[1, "x", "y"]]', '[["/home", "2026-11-23T14:32:07+00:00", ""]]'])
def test_one_that_is_none_of_ours_is_damage(text: str) -> None:
    with memory_store() as db:
        set_meta(db, releases.RELEASED, text)
        with pytest.raises(sqlite3.DatabaseError):
            releases.released(db, NOW)
