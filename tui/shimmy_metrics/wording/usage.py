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
AS_TOLD: Final = "Tokens that no server told and nothing could count are not in them."
NOTHING_YET: Final = "Nothing has been counted yet."
NOTHING_THEN: Final = "Nothing was counted in that time."
NOT_READ: Final = "The store was not read, so your figures are not known here."
UNDECIDED: Final = "Nothing was decided yet, so nothing is counted. To decide: "
OFF: Final = "Metrics are off here, and no figures of your own are kept."

_HEADS: Final = ("from", "requests", "errors", "tokens", "tokens in")
_TOTAL: Final = "in all"


def table(usage: Usage, period: Period) -> Iterator[str]:
    """Yield a line for each period, the total, and what becomes of the figures; or one line where there are none."""
    if not usage.days:
        yield nothing(usage)
        return
    rows = [_HEADS, *(_row(_name(begins, period), sums) for begins, sums in usage.by(period))]
    rows.append(_row(_TOTAL, usage.total))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    for row in rows:
        yield _line(row, widths)
    yield AS_TOLD
    yield KEPT_HERE


def usage_in_all(usage: Usage) -> str:
    """Return the total in one sentence, with the first day; there is one."""
    requests, errors, tokens, tokens_in = usage.total
    return (
        f"Counted for you since {usage.days[0].day.isoformat()}: {amount(requests, 'request')}, "
        f"{amount(errors, 'error')}, {amount(tokens, 'token')} and {tokens_in:,} tokens in (shimmy-metrics usage)."
    )


def nothing(usage: Usage, decide: str = "shimmy tui") -> str:
    """Return why there are no figures; `decide` is the command, or in the app the key, with which a person decides."""
    if usage.unread:
        return UNREAD
    if usage.measures:
        return NOTHING_YET
    return f"{UNDECIDED}{decide}." if usage.undecided else OFF


def _row(name: str, sums: DaySums) -> tuple[str, ...]:
    return (name, *(f"{figure:,}" for figure in sums))


def _name(begins: date, period: Period) -> str:
    return f"{begins:%Y-%m}" if period is Period.MONTH else begins.isoformat()


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *figures = (
        text.rjust(width) if at else text.ljust(width) for at, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join((name, *figures))
