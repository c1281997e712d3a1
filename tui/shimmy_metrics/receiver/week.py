"""A week's aggregate: for each field how often its values occur, with small groups folded. Pure.

Shares are among the reports that are their store's first of the day: an honest install adds at most seven. They count
in the week of their own day if they arrive before it closes, on the Monday after it. How many reports were received is
rounded, and by the day of arrival: there each report counts once, however late it comes, or early: one that arrives on
a Sunday and is dated Monday may be dropped before its week closes.

What is made here keeps exact numbers of each group, for the noise that a publication adds. It is for the receiver's
folder alone; what is printed of it are shares in whole percent.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from shimmy_metrics.receiver.columns import COLUMNS, PLACE, Column
from shimmy_metrics.receiver.small_groups import OTHER, Group, GroupValue, folded, rounded
from shimmy_metrics.receiver.store import CLOSES_AFTER, Value
from shimmy_metrics.report.kinds import PowerOfTwo, Words

NONE: Final = "(none)"
"""The group of reports without a value: null, or an empty list."""

ENOUGH: Final = 50
"""A week has tables from so many times k flagged reports on: 1,000 for 20."""

_FLAG: Final = PLACE["daily_active_usage"]
_SCHEMA: Final = PLACE["schema_version"]
_TOLD: Final = tuple(column for column in COLUMNS if column.name not in ("day", "daily_active_usage"))
"""The columns that have a table: not those that every counted report has the same or that only place it."""

_WEEK: Final = timedelta(days=7)

Row = tuple[date, bool, tuple[Value, ...]]
"""As `Store.aggregate` yields it: the report's own day, whether it was late, the columns' values."""


class Table(NamedTuple):
    """The groups of one field, of `reports` that have the field. No groups: none could be told from the rest."""

    field: str
    reports: int
    groups: tuple[Group, ...]


class Week(NamedTuple):
    """The aggregate of the week that begins on `monday`. `received` and `flagged` are rounded.

    Without tables there were too few flagged reports, and `flagged` is 0.
    """

    monday: date
    k: int
    received: int
    flagged: int
    tables: tuple[Table, ...]


def week_of(day: date) -> date:
    """Return the Monday of a day's ISO week."""
    return day - timedelta(days=day.weekday())


def week_name(monday: date) -> str:
    """Return the name of the ISO week: `2026-W48`."""
    year, number, _ = monday.isocalendar()
    return f"{year}-W{number:02}"


def week_named(name: str) -> date:
    """Return the Monday of a week by its name. Raise `ValueError`."""
    year, separator, number = name.partition("-W")
    if not (separator and year.isdecimal() and number.isdecimal()):
        raise ValueError(name)
    return date.fromisocalendar(int(year), int(number), 1)


def closes(monday: date) -> date:
    """Return the day after which a report for this week is late."""
    return monday + CLOSES_AFTER


def aggregated(monday: date, rows: Iterable[Row], received: int, k: int) -> Week:
    """Return the week's aggregate of its `rows`. `received` reports arrived in it, of whatever day."""
    counts: dict[Column, Counter[tuple[int, Value]]] = {column: Counter() for column in _columns(monday)}
    places = [(PLACE[column.name], column.field.since, counter) for column, counter in counts.items()]
    flagged = 0
    for day, late, values in rows:
        if late or not values[_FLAG]:
            continue
        flagged += 1
        at, schema_version = (day - monday).days, int(values[_SCHEMA] or 0)
        for place, since, counter in places:
            if since <= schema_version:
                counter[at, values[place]] += 1
    enough = flagged >= ENOUGH * k
    tables = tuple(_table(column, counter, k) for column, counter in counts.items()) if enough else ()
    return Week(monday, k, rounded(received, k), rounded(flagged, k) if enough else 0, tables)


def median(groups: Iterable[Group]) -> tuple[int, int] | None:
    """Return the lowest and the highest number that the median can be, by what these groups tell and no more.

    What is in `(other)` may lie below all of them or above. None where nothing bounds it.
    """
    numbers = sorted((each.value, each.reports) for each in groups if isinstance(each.value, int))
    unknown = sum(each.reports for each in groups if each.value == OTHER)
    half = (sum(reports for _, reports in numbers) + unknown + 1) // 2
    lowest, highest = _reaching(numbers, half - unknown), _reaching(numbers, half)
    return None if lowest is None or highest is None or half <= unknown else (lowest, highest)


def _reaching(numbers: Iterable[tuple[int, int]], wanted: int) -> int | None:
    """Return the number at which so many reports are counted from below."""
    counted = 0
    for number, reports in numbers:
        counted += reports
        if counted >= wanted:
            return number
    return None


def as_json(week: Week) -> dict[str, Any]:
    """Return what is kept of a week, exact numbers and all."""
    tables = [{**table._asdict(), "groups": [group._asdict() for group in table.groups]} for table in week.tables]
    return {**week._asdict(), "monday": week.monday.isoformat(), "week": week_name(week.monday), "tables": tables}


def from_json(kept: Mapping[str, Any]) -> Week:
    """Return the week of what `as_json` returned. Raise `ValueError`, `KeyError` or `TypeError` for anything else."""
    tables = tuple(
        Table(table["field"], table["reports"], tuple(Group(**group) for group in table["groups"]))
        for table in kept["tables"]
    )
    return Week(date.fromisoformat(kept["monday"]), kept["k"], kept["received"], kept["flagged"], tables)


def _columns(monday: date) -> list[Column]:
    """Return the columns that have a table this week: monthly ones where it holds the first of a month."""
    first = any((monday + timedelta(days=each)).day == 1 for each in range(_WEEK.days))
    return [column for column in _TOLD if first or not column.field.monthly]


def _table(column: Column, counter: Counter[tuple[int, Value]], k: int) -> Table:
    seen: Counter[tuple[int, tuple[GroupValue, ...]]] = Counter()
    for (day, value), number in counter.items():
        if value is not None or not column.field.monthly:
            seen[day, _members(column, value)] += number
    groups = folded(seen, k)
    return Table(column.name, sum(seen.values()), _in_order(column, groups))


def _members(column: Column, value: Value) -> tuple[GroupValue, ...]:
    if value is None or value == "":
        return (NONE,)
    return tuple(str(value).split()) if isinstance(column.field.kind, Words) else (value,)


def ordered(column: Column) -> bool:
    """Whether its values are steps of one scale, so that they have a median."""
    return column.is_histogram or isinstance(column.field.kind, PowerOfTwo)


def _in_order(column: Column, groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """Return the groups by size as they come, or by number, with those that have none last."""
    if not ordered(column):
        return groups
    return tuple(sorted(groups, key=lambda each: (isinstance(each.value, str), each.value == OTHER, each.value)))
