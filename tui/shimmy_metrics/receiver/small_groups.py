"""Small groups are never told apart: they become `(other)`. Pure.

An install sends at most one flagged report a day, so the number of a single day's flagged reports is a lower bound on
the installs behind them; a week's is not. A group stands by itself from k reports on its best day on. What is smaller
is counted together; where that is still fewer than k, the smallest group that could stand joins it, so that the rest of
a table never tells what one small group holds.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

OTHER: Final = "(other)"
"""The group of what was too small. No field has such a word."""

DAYS: Final = 7

GroupValue = str | int

Seen = Mapping[tuple[int, tuple[GroupValue, ...]], int]
"""How many reports had these values on this day of the week (0 to 6). A report has each of its values once."""


class Group(NamedTuple):
    """How many reports had a value, in the week and on its best day."""

    value: GroupValue
    reports: int
    best_day: int


def folded(seen: Seen, k: int) -> tuple[Group, ...]:
    """Return the groups of at least `k` reports on their best day, the largest first, what was too small last.

    Empty where no group can be told from the rest.
    """
    days = _by_value(seen)
    small = {value for value, counts in days.items() if max(counts) < k}
    large = sorted(days.keys() - small, key=lambda value: (-sum(days[value]), str(value)))
    if small and large and max(_by_day(seen, small)) < k:
        small.add(large.pop())
    if not large:
        return ()
    named = [Group(value, sum(days[value]), max(days[value])) for value in large]
    rest = _by_day(seen, small)
    return (*named, Group(OTHER, sum(rest), max(rest))) if small else tuple(named)


def rounded(number: int, k: int) -> int:
    """Return a number of reports in two significant digits, and no finer than `k`; halves up."""
    step = max(k, int(10 ** max(0, len(str(number)) - 2)))
    return (number + step // 2) // step * step


def _by_value(seen: Seen) -> dict[GroupValue, list[int]]:
    """Return for each value how many reports had it, day by day."""
    days: dict[GroupValue, list[int]] = {}
    for (day, values), number in seen.items():
        for value in values:
            days.setdefault(value, [0] * DAYS)[day] += number
    return days


def _by_day(seen: Seen, wanted: set[GroupValue]) -> list[int]:
    """Return day by day how many reports had at least one of these values."""
    counts = [0] * DAYS
    for (day, values), number in seen.items():
        if not wanted.isdisjoint(values):
            counts[day] += number
    return counts
