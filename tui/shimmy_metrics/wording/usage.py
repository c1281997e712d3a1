"""The person's own figures as a table of text. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from shimmy_metrics.actions.usage import Period, Usage
from shimmy_metrics.counters import DaySums
from shimmy_metrics.limits import USAGE_DAYS
from shimmy_metrics.wording.consent import UNREAD
from shimmy_metrics.wording.numbers import amount

KEPT_HERE: Final = f"Kept on this machine only, {USAGE_DAYS} days up to the newest, in no report. A no deletes them."
AS_TOLD: Final = "Not included: tokens that no server reported and that could not be counted here."
NO_FIGURES: Final = "No figures are kept here."
NOTHING_THEN: Final = "Nothing was counted in that time."
NOT_READ: Final = "The store was not read, so your figures are not known here."
UNDECIDED: Final = "Nothing is decided yet, so nothing is counted. To decide: "
OFF: Final = "Metrics are off here, and no figures of your own are kept."

HEADS: Final = ("requests", "errors", "generated", "prompts", "all tokens")
"""What the columns of figures are called: the last three are tokens."""

WEEK_DAYS: Final = 7
LAST_DAYS: Final = f"last {WEEK_DAYS} days"
_BEGINS: Final = {Period.DAY: "day", Period.WEEK: "week from", Period.MONTH: "month"}
_TOTAL: Final = "in all"


def columns(sums: DaySums) -> tuple[str, ...]:
    """Return the figures under `HEADS`."""
    return tuple(f"{figure:,}" for figure in (*sums, sums.all_tokens))


def table(usage: Usage, period: Period, last_days: DaySums | None = None) -> Iterator[str]:
    """Yield a line for each period, the total, and what becomes of the figures; or one line where there are none.

    `last_days` are the sums of the last `WEEK_DAYS` days, which get a line before the total; None for no such line.
    """
    if not usage.days:
        yield nothing(usage)
        return
    rows = [(_BEGINS[period], *HEADS), *(_row(_name(begins, period), sums) for begins, sums in usage.by(period))]
    rows += [_row(LAST_DAYS, last_days)] if last_days is not None else []
    rows.append(_row(_TOTAL, usage.total))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield _line(row, widths)
    yield AS_TOLD
    yield KEPT_HERE


def usage_in_all(usage: Usage) -> str:
    """Return the total in one sentence, with the first day; there is one."""
    total = usage.total
    return (
        f"Counted for you since {usage.days[0].day.isoformat()}: {amount(total.requests, 'request')}, "
        f"{amount(total.errors, 'error')}, {amount(total.all_tokens, 'token')}: {total.tokens:,} generated, "
        f"{total.tokens_in:,} of prompts."
    )


def nothing(usage: Usage, decide: str = "shimmy tui") -> str:
    """Return why there are no figures; `decide` is the command, or in the app the key, with which a person decides."""
    if usage.unread:
        return UNREAD
    if usage.measures:
        return NO_FIGURES
    return f"{UNDECIDED}{decide}." if usage.undecided else OFF


def _row(name: str, sums: DaySums) -> tuple[str, ...]:
    return (name, *columns(sums))


def _name(begins: date, period: Period) -> str:
    return f"{begins:%Y-%m}" if period is Period.MONTH else begins.isoformat()


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *figures = (
        text.rjust(width) if at else text.ljust(width) for at, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join((name, *figures))
