"""A week's aggregates: shares and histograms in which nobody stands out. Pure.

A week is an ISO week, by the reports' own days. Shares are of the reports that say they are their day's first report
of use: one installation adds at most one a day. What arrived after the week had closed counts in the total alone.

A group is told apart where its largest single day has at least k such reports: at least k installations, since none
has two on one day. Smaller groups are put together as `(other)`, with the smallest of the larger ones where they are
still too few. No exact number is told: counts have two significant digits, shares are whole percents, and there is no
maximum, sum or mean (RECEIVER: privacy in figures, 1 to 4).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from shimmy_metrics.receiver.columns import COLUMNS, PLACE, Column
from shimmy_metrics.receiver.store import Value
from shimmy_metrics.report.coarsen import two_digits
from shimmy_metrics.report.kinds import PowerOfTwo, Words

OTHER_CELLS: Final = "(other)"
NOT_MEASURED: Final = "not measured"

ENOUGH: Final = 50
"""A week is told from this many times k reports of active use on: 1,000 for k = 20."""

_ACTIVE: Final = PLACE["daily_active_usage"]
_TOLD: Final = tuple(column for column in COLUMNS if column.name not in ("day", "daily_active_usage"))

Arrived = tuple[date, bool, tuple[Value, ...]]
"""A report's own day, whether it came late, and its columns."""


class Cell(NamedTuple):
    """One group: its label, its share of the table's reports in whole percents, its reports in two digits."""

    label: str
    percent: int
    reports: int


class Table(NamedTuple):
    """One field's groups, the largest first, histograms in their order. `median` is a bucket, empty where none is."""

    field: str
    cells: tuple[Cell, ...]
    median: str = ""


class Week(NamedTuple):
    """What is told of a week. `reports` and `active` have two significant digits; no tables: not enough data."""

    name: str
    k: int
    reports: int
    active: int
    tables: tuple[Table, ...]


_ByDay = Mapping[date, int]
_Groups = dict[Value, Counter[date]]


def aggregate(arrived: Iterable[Arrived], monday: date, k: int) -> Week:
    """Return what is told of the week that begins on `monday`. Memory grows with the groups, not with the reports."""
    reports = active = 0
    groups: dict[str, _Groups] = {column.name: defaultdict(Counter) for column in _TOLD}
    for day, late, values in arrived:
        reports += 1
        if late or not values[_ACTIVE]:
            continue
        active += 1
        for column in _TOLD:
            for value in _values(column, values[PLACE[column.name]]):
                groups[column.name][value][day] += 1
    enough = active >= ENOUGH * k
    tables = tuple(
        table
        for column in _TOLD
        if enough and (not is_monthly(column) or holds_first_of_month(monday))
        for table in [_table(column, groups[column.name], active, k)]
        if table.cells
    )
    return Week(name_of(monday), k, two_digits(reports), two_digits(active) if enough else 0, tables)


def name_of(monday: date) -> str:
    """Return a week's name: `2026-W48`."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def is_monthly(column: Column) -> bool:
    """Whether a field is told in a month's first report alone: the machine's exact figures, powers of two."""
    return isinstance(column.field.kind, PowerOfTwo)


def holds_first_of_month(monday: date) -> bool:
    """Whether a month begins in the week."""
    return any((monday + timedelta(days=each)).day == 1 for each in range(7))


def _values(column: Column, value: Value) -> tuple[Value, ...]:
    """Return the groups that a report is in: of its routes each one, of a monthly figure that it lacks none."""
    if value is None and is_monthly(column):
        return ()
    if isinstance(column.field.kind, Words):
        return tuple(str(value).split()) if value else ("none",)
    return (value,)


def _table(column: Column, groups: _Groups, active: int, k: int) -> Table:
    survivors, folded = _fold(groups, k)
    of = sum(sum(days.values()) for days in groups.values()) if is_monthly(column) else active
    order = (
        sorted(survivors, key=_number) if column.is_histogram else sorted(survivors, key=lambda v: -_size(groups[v]))
    )
    cells = [_cell(_label(column, value), _size(groups[value]), of) for value in order]
    if folded:
        cells.append(_cell(OTHER_CELLS, sum(_size(groups[value]) for value in folded), of))
    return Table(column.name, tuple(cells), _median(column, groups, survivors))


def _fold(groups: _Groups, k: int) -> tuple[list[Value], list[Value]]:
    """Return the groups that are told apart, and those that are put together; nothing where all are too few."""
    by_size = sorted(groups, key=lambda value: (_best_day(groups[value]), str(value)))
    folded = [value for value in by_size if _best_day(groups[value]) < k]
    survivors = by_size[len(folded) :]
    while folded and survivors and _best_day(_together(groups, folded)) < k:
        folded.append(survivors.pop(0))
    return (survivors, folded) if survivors or _best_day(_together(groups, folded)) >= k else ([], [])


def _together(groups: _Groups, values: list[Value]) -> _ByDay:
    days: Counter[date] = Counter()
    for value in values:
        days.update(groups[value])
    return days


def _best_day(days: _ByDay) -> int:
    return max(days.values(), default=0)


def _size(days: _ByDay) -> int:
    return sum(days.values())


def _number(value: Value) -> int:
    return -1 if value is None else int(value)


def _cell(label: str, reports: int, of: int) -> Cell:
    return Cell(label, round(100 * reports / of), two_digits(reports))


def _label(column: Column, value: Value) -> str:
    return NOT_MEASURED if value is None else column.text(value)


def _median(column: Column, groups: _Groups, survivors: list[Value]) -> str:
    """Return the bucket in which the middle report lies, where that bucket is told apart."""
    if not column.is_histogram:
        return ""
    sizes = sorted((int(value), _size(days)) for value, days in groups.items() if value is not None)
    half = sum(size for _, size in sizes) / 2
    for number, size in sizes:
        half -= size
        if half <= 0:
            return column.text(number) if number in survivors else ""
    return ""
