"""`shimmy-metrics usage`: the person's own figures, as a table, JSON, CSV, or metrics for node_exporter."""

import csv
import io
import json
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from shimmy_metrics.actions.usage import Period, Usage, read_usage
from shimmy_metrics.cli.arguments import first_and_last, refusal
from shimmy_metrics.cli.command_table import COMMANDS
from shimmy_metrics.cli.output import print_stderr
from shimmy_metrics.cli.purge_first import purge_first
from shimmy_metrics.counters import DaySums
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.limits import USAGE_DAYS
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.usage import NOTHING_THEN, WEEK_DAYS, nothing, table

_COLUMNS: Final = ("from", *DaySums._fields)


class Form(StrEnum):
    """How the figures are printed, by the name of its option."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    OPENMETRICS = "openmetrics"


class UsageArguments(NamedTuple):
    """`first` and `last` are the days to begin and end with, both included; None where there is no bound.

    `last_days`: of so many days, today the last of them; None where that was not asked for.
    """

    form: Form = Form.TABLE
    period: Period = Period.DAY
    first: date | None = None
    last: date | None = None
    last_days: int | None = None


def usage_arguments(given: Mapping[str, Any]) -> UsageArguments:
    """Return what is wanted, from the arguments by name. Raises `UserError`."""
    form = next((form for form in Form if given.get(form)), Form.TABLE)
    first, last = first_and_last(COMMANDS["usage"], given)
    if given["by"] and form is Form.OPENMETRICS:
        raise refusal(COMMANDS["usage"], "--openmetrics prints totals, so it goes without --by")
    last_days = _number(given["last"])
    if last_days and (first or last):
        raise refusal(COMMANDS["usage"], "--last goes without --from and --to")
    if (last or last_days) and form is Form.OPENMETRICS:
        what = "--openmetrics prints counters from one day on, so it goes without --to and --last"
        raise refusal(COMMANDS["usage"], what)
    return UsageArguments(form, Period(given["by"] or Period.DAY), first, last, last_days)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    plain = text.isascii() and text.isdigit() and len(text) <= len(str(USAGE_DAYS))
    number = int(text) if plain else 0
    if not 1 <= number <= USAGE_DAYS:
        raise refusal(COMMANDS["usage"], f"--last takes a number of days from 1 to {USAGE_DAYS}, not {text!a}")
    return number


def usage(profile: Profile, wanted: UsageArguments) -> int:
    """Print the own figures; return the exit code. Raises `UserError`."""
    with purge_first(profile):
        found = read_usage(profile)
    today = profile.clock.local_day()
    bounds = wanted.first, wanted.last
    if wanted.last_days:
        bounds = today - timedelta(days=wanted.last_days - 1), today
    first, last = bounds[0] or date.min, bounds[1] or date.max
    if wanted.form is Form.OPENMETRICS:
        # A counter may begin anew, but must not shrink otherwise, as a sum of all kept days would with each that goes.
        first = wanted.first or today.replace(month=1, day=1)
    shown = found.between(first, last)
    match wanted.form:
        case Form.TABLE:
            last_days = None if any(bounds) else found.of_last(WEEK_DAYS, today).total
            for line in [NOTHING_THEN] if found.days and not shown.days else table(shown, wanted.period, last_days):
                print_line(line)
            return Exit.DONE
        case Form.JSON:
            sys.stdout.write(as_json(shown, wanted.period))
        case Form.CSV:
            sys.stdout.write(as_csv(shown, wanted.period))
        case Form.OPENMETRICS:
            sys.stdout.write(as_openmetrics(shown, first))
    if not found.days:
        print_stderr(nothing(found))
    return Exit.DONE


def as_json(shown: Usage, period: Period) -> str:
    """Return an array with an object for each period."""
    rows = [{"from": begins.isoformat(), **sums._asdict()} for begins, sums in shown.by(period)]
    return f"{json.dumps(rows, indent=2)}\n"


def as_csv(shown: Usage, period: Period) -> str:
    """Return a header and a row for each period (RFC 4180, with LF)."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    rows.writerows((begins.isoformat(), *sums) for begins, sums in shown.by(period))
    return text.getvalue()


_METRICS: Final = (
    ("requests", "Requests counted"),
    ("errors", "Requests that failed"),
    ("tokens", "Tokens generated"),
    ("tokens_in", "Tokens of prompts, as far as the server told them"),
)


def as_openmetrics(shown: Usage, first: date) -> str:
    """Return the total as counters (OpenMetrics 1.0).

    node_exporter's textfile collector reads the older Prometheus text format, in which the same lines are valid but
    untyped: the two formats name the type of a counter in ways that exclude each other.
    """
    lines = []
    for (name, help_text), figure in zip(_METRICS, shown.total, strict=True):
        lines += [
            f"# HELP shimmy_usage_{name} {help_text}, since {first.isoformat()} (local time).",
            f"# TYPE shimmy_usage_{name} counter",
            f"shimmy_usage_{name}_total {figure}",
        ]
    return "\n".join((*lines, "# EOF\n"))
