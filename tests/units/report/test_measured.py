"""What may be told again, and when: a clock that goes back tells nothing twice."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.counters import Counters
from shimmy_metrics.report.measured import is_later
from support.samples import measured

A_YEAR = [datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=day) for day in range(366)]


@pytest.mark.parametrize(
    ("last", "now", "told"),
    [
        ("", "2026-11-23", True),
        ("2026-11-22", "2026-11-23", True),
        ("2026-11-23", "2026-11-23", False),
        ("2026-11-24", "2026-11-23", False),
        ("2026-12-01", "2026-11-30", False),
        ("2025-12-31", "2026-01-01", True),
        ("2026-11", "2026-12", True),
        ("2026-11", "2026-11", False),
        ("2027-01", "2026-12", False),
    ],
)
def test_only_a_later_day_or_month_is_told(last: str, now: str, told: bool) -> None:
    assert is_later(last, now) is told


@pytest.mark.parametrize(("form", "times"), [("%Y-%m-%d", 366), ("%Y-%m", 13)])
def test_a_year_forth_and_back_and_forth_tells_each_once(form: str, times: int) -> None:
    last, told = "", []
    for moment in (*A_YEAR, *reversed(A_YEAR), *A_YEAR):
        now = f"{moment:{form}}"
        if is_later(last, now):
            last = now
            told.append(now)
    assert len(told) == len(set(told)) == times


@given(st.lists(st.dates()))
def test_whatever_a_clock_does_no_day_is_told_twice(days: list[object]) -> None:
    last, told = "", []
    for day in map(str, days):
        if is_later(last, day):
            last = day
            told.append(day)
    assert told == sorted(set(told))


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (59, 0), (60, 1), (7_321, 122)])
def test_minutes_are_whole(seconds: int, minutes: int) -> None:
    assert measured(counters=Counters(uptime_s=seconds)).minutes == minutes
