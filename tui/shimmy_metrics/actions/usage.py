"""The person's own figures: what was counted, by local day, week or month. They are kept here and in no report."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.counters import DaySums
from shimmy_metrics.records import Day
from shimmy_metrics.store import days
from shimmy_metrics.store.readonly import open_readonly, unread
from shimmy_metrics.system.profile import Profile


class Period(StrEnum):
    """What one row of figures covers, by the word that `usage --by` has for it."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def first_day(self, day: date) -> date:
        """Return the first day of the period that a day lies in; weeks begin with their Monday (ISO 8601)."""
        match self:
            case Period.DAY:
                return day
            case Period.WEEK:
                return day - timedelta(days=day.weekday())
            case Period.MONTH:
                return day.replace(day=1)


class Usage(NamedTuple):
    """The days on which something was counted, oldest first.

    `measures`: what a server does now is counted. `unread`: metrics are off and the store was not read. `undecided`:
    nobody has answered the question yet.
    """

    days: tuple[Day, ...] = ()
    measures: bool = False
    unread: bool = False
    undecided: bool = False

    def between(self, first: date, last: date) -> "Usage":
        """Return the same from the first day to the last, both included."""
        return self._replace(days=tuple(day for day in self.days if first <= day.day <= last))

    def of_last(self, number: int, today: date) -> "Usage":
        """Return the same of the last `number` days (from 1), today the last of them."""
        return self.between(today - timedelta(days=number - 1), today)

    @property
    def total(self) -> DaySums:
        """What was counted on all days together."""
        return _together(day.sums for day in self.days)

    def by(self, period: Period) -> tuple[Day, ...]:
        """Return a row for each period in which something was counted, under its first day, oldest first."""
        rows: dict[date, DaySums] = {}
        for day, sums in self.days:
            first = period.first_day(day)
            rows[first] = rows.get(first, DaySums()).plus(sums)
        return tuple(Day(first, sums) for first, sums in rows.items())


def read_usage(profile: Profile) -> Usage:
    """Return all own figures that are kept here. Raises `UserError` for a config or a store that cannot be used."""
    consent = read_consent(profile)
    measures, undecided = consent.measures, consent.undecided
    with open_readonly(profile, off=not measures) as db:
        if db is None:
            return Usage((), measures, unread=not measures and unread(profile), undecided=undecided)
        return Usage(tuple(days.everything(db)), measures, undecided=undecided)


def _together(sums: Iterable[DaySums]) -> DaySums:
    total = DaySums()
    for each in sums:
        total = total.plus(each)
    return total
