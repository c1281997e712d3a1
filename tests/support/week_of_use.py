"""A receiver's week with 1,523 reports, and its aggregates in lines: `python -m support.renew week` stores them."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from shimmy_metrics.receiver.columns import values_of
from shimmy_metrics.receiver.week import Row, Week, aggregated
from shimmy_metrics.receiver.week_report import lines
from shimmy_metrics.report.coarsen import two_digits
from support.stored import MONDAY, report

LINES: Final = Path(__file__).parents[1] / "units/receiver/week.txt"
OVER: Final = MONDAY + timedelta(days=8)
"""A day on which the week is over."""

_REPORTS: Final = 1_523


def arrived(number: int, day: date = MONDAY, *, late: bool = False, **metrics: object) -> list[Row]:
    """Return so many reports of a day that say the same."""
    values = values_of(report("", day, **({"daily_active_usage": True} | metrics)))
    return [(day, late, values)] * number


def aggregate(reports: list[Row], k: int = 20, monday: date = MONDAY) -> Week:
    """Return the aggregates of a week in which nothing else was received."""
    return aggregated(monday, reports, len(reports), k)


def rows() -> Iterator[Row]:
    """Yield the same reports each time, of every day of the week."""
    draw = random.Random(20261128)
    for _ in range(_REPORTS):
        yield from arrived(
            1,
            MONDAY + timedelta(days=draw.randrange(7)),
            platform=draw.choices(["linux-x64", "macos-arm64", "windows-x64", "linux-arm64"], [60, 30, 9, 1])[0],
            total_tokens_generated=two_digits(int(draw.lognormvariate(15, 4))),
            api_endpoints_used=sorted(draw.sample(["/api/models/:name/unload", "/v1/models", "other"], 2)),
        )


def text() -> str:
    """Return the week's lines as they are printed once it is over."""
    return "".join(f"{line}\n" for line in lines(aggregate(list(rows())), OVER))
