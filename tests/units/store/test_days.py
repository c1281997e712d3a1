"""The sums by day: whatever is killed or repeated, each answer is in them once."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.counters import DaySums
from shimmy_metrics.limits import USAGE_DAYS
from shimmy_metrics.store import days, sessions
from shimmy_metrics.store.database import Database
from support.queued import uuid
from support.samples import COUNTERS, NOW, SUMMED, memory_store, session

DAY = date(2026, 11, 28)


@pytest.fixture
def db() -> Iterator[Database]:
    with memory_store() as store:
        yield store


def _begin(db: Database, number: int = 1) -> int:
    return sessions.begin(db, session(uuid(number))._replace(counters=COUNTERS))


def _checkpoint(db: Database, row_id: int, summed: Mapping[str, DaySums]) -> bool:
    return sessions.checkpoint(db, row_id, COUNTERS._replace(days=dict(summed)), NOW)


def _sums(db: Database) -> dict[str, DaySums]:
    return {each.day.isoformat(): each.sums for each in days.everything(db)}


def test_a_session_adds_what_it_counted_since_the_last_write(db: Database) -> None:
    row_id = _begin(db)
    for requests in (3, 3, 7):
        assert _checkpoint(db, row_id, {"2026-11-28": DaySums(requests, 1, 70, 50)})
    assert _sums(db) == {"2026-11-28": DaySums(7, 1, 70, 50)}
    assert _checkpoint(db, row_id, {"2026-11-28": DaySums(7, 1, 70, 50), "2026-11-29": DaySums(1)})
    assert _sums(db) == {"2026-11-28": DaySums(7, 1, 70, 50), "2026-11-29": DaySums(1)}


def test_several_servers_add_to_the_same_day(db: Database) -> None:
    first, second = _begin(db, 1), _begin(db, 2)
    for requests in (1, 2):
        _checkpoint(db, first, {"2026-11-28": DaySums(requests)})
        _checkpoint(db, second, {"2026-11-28": DaySums(10 * requests, 1)})
    assert _sums(db) == {"2026-11-28": DaySums(22, 1)}


def test_a_session_that_is_gone_or_ended_adds_nothing(db: Database) -> None:
    ended, gone = _begin(db, 1), _begin(db, 2)
    sessions.finish(db, ended, NOW, local=True)
    sessions.remove(db, gone)
    assert not _checkpoint(db, ended, SUMMED.days)
    assert not _checkpoint(db, gone, SUMMED.days)
    assert _sums(db) == {}


def test_they_outlive_the_session(db: Database) -> None:
    row_id = sessions.begin(db, session()._replace(counters=SUMMED))
    sessions.remove(db, row_id)
    assert _sums(db) == SUMMED.days
    days.remove_all(db)
    assert _sums(db) == {}


def test_a_copy_s_share_is_not_added_again(db: Database) -> None:
    sessions.begin(db, session()._replace(counters=SUMMED))
    more = {**SUMMED.days, "2026-11-23": DaySums(41, 1, 2_000, 5_000)}
    sessions.begin(db, session(uuid(2))._replace(counters=SUMMED._replace(days=more)), SUMMED.days)
    assert _sums(db) == more


def test_a_day_is_kept_for_as_long_as_it_is_said(db: Database) -> None:
    row_id = _begin(db)
    for back in (USAGE_DAYS + 30, USAGE_DAYS, USAGE_DAYS - 1, 1):
        day = (DAY - timedelta(days=back)).isoformat()
        db.execute("INSERT INTO days VALUES (?, 1, 0, 0, 0)", (day,))
    _checkpoint(db, row_id, {DAY.isoformat(): DaySums(1)})
    assert [each.day for each in days.everything(db)] == [
        DAY - timedelta(days=USAGE_DAYS - 1),
        DAY - timedelta(days=1),
        DAY,
    ]
    # The next write of the same day looks for none.
    db.execute("INSERT INTO days VALUES ('2020-01-01', 1, 0, 0, 0)")
    _checkpoint(db, row_id, {DAY.isoformat(): DaySums(2)})
    assert days.everything(db)[0].day == date(2020, 1, 1)


def test_a_day_left_out_or_smaller_than_before_takes_nothing_away(db: Database) -> None:
    row_id = _begin(db)
    _checkpoint(db, row_id, {"2026-11-20": DaySums(5, 1, 9, 9), "2026-11-21": DaySums(1)})
    _checkpoint(db, row_id, {"2026-11-21": DaySums(0, 2)})
    assert _sums(db) == {"2026-11-20": DaySums(5, 1, 9, 9), "2026-11-21": DaySums(1, 2)}


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(["2026-11-27", "2026-11-28", "2026-11-29"]), st.booleans()),
        max_size=40,
    )
)
def test_whatever_is_written_when_the_sums_are_those_of_what_was_written(told: list[tuple[int, str, bool]]) -> None:
    with memory_store() as db:
        rows = {number: _begin(db, number) for number in (1, 2, 3)}
        counted: dict[int, dict[str, DaySums]] = {number: {} for number in rows}
        written = {number: dict[str, DaySums]() for number in rows}
        for number, day, saved in told:
            counted[number][day] = counted[number].get(day, DaySums()).plus(DaySums(1, 0, 5, 7))
            if saved:
                _checkpoint(db, rows[number], counted[number])
                written[number] = dict(counted[number])
        expected: dict[str, DaySums] = {}
        for sums in written.values():
            for day, each in sums.items():
                expected[day] = expected.get(day, DaySums()).plus(each)
        assert _sums(db) == expected
