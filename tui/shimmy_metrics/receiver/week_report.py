"""A week as JSON, CSV and lines of text: shares in whole percent, and no exact number. Pure."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from shimmy_metrics.receiver.columns import COLUMNS, PLACE
from shimmy_metrics.receiver.small_groups import OTHER, Group
from shimmy_metrics.receiver.week import ENOUGH, NONE, Table, Week, closes, median, ordered, week_name

_PERCENT_A_MARK: Final = 4


def label(field: str, group: Group) -> str:
    """Return what a group's value is called."""
    return str(group.value) if group.value in (OTHER, NONE) else COLUMNS[PLACE[field]].text(group.value)


def percent(table: Table, group: Group) -> int:
    """Return a group's share of the table's reports in whole percent, halves up."""
    return (200 * group.reports + table.reports) // (2 * table.reports)


def median_text(table: Table) -> str:
    """Return the median as far as the groups tell it: a step of the scale, or from which to which; empty without."""
    column = COLUMNS[PLACE[table.field]]
    found = median(table.groups) if ordered(column) else None
    if found is None:
        return ""
    lowest, highest = (column.text(each) for each in found)
    return lowest if lowest == highest else f"{lowest} to {highest}"


def as_json(week: Week, today: date) -> dict[str, Any]:
    """Return a week as JSON members; `tables` by field, each with its groups in order."""
    return {
        "week": week_name(week.monday),
        "closed": today > closes(week.monday),
        "k": week.k,
        "received": week.received,
        "flagged": week.flagged if week.tables else None,
        "enough": bool(week.tables),
        "tables": {
            table.field: {
                "groups": [
                    {"value": label(table.field, each), "percent": percent(table, each)} for each in table.groups
                ],
                "median": median_text(table) or None,
            }
            for table in week.tables
        },
    }


def json_text(week: Week, today: date) -> str:
    """Return a week as one JSON object."""
    return json.dumps(as_json(week, today), indent=2) + "\n"


def csv_text(week: Week) -> str:
    """Return a week as CSV: a row for each group of each field, and two with the rounded totals (RFC 4180, with LF)."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    name = week_name(week.monday)
    rows.writerow(("week", "field", "value", "percent", "reports"))
    rows.writerow((name, "", "received", "", week.received))
    if week.tables:
        rows.writerow((name, "", "flagged", "", week.flagged))
    rows.writerows(
        (name, table.field, label(table.field, each), percent(table, each), "")
        for table in week.tables
        for each in table.groups
    )
    return text.getvalue()


def lines(week: Week, today: date) -> Iterator[str]:
    """Yield a week as lines of at most 80 columns."""
    last = week.monday + timedelta(days=6)
    yield f"{week_name(week.monday)}: {week.monday} to {last} (UTC)"
    if today <= closes(week.monday):
        yield f"Not closed: reports for it count until {closes(week.monday)}. Publish nothing of it yet."
    yield f"Received in it, without what was recalled in time, rounded: {week.received:,}."
    if not week.tables:
        enough = f"{ENOUGH * week.k:,} first reports on ({ENOUGH} times k = {week.k})"
        yield f"Not enough data: shares are told from {enough}."
        return
    yield f"Shares are of the first reports of a day's use, rounded: {week.flagged:,}."
    yield f"Groups below {week.k} of them on their best day are in {OTHER}."
    for table in week.tables:
        yield ""
        middle = median_text(table)
        yield f"{table.field}{f', median {middle}' if middle else ''}"
        if not table.groups:
            yield "  no group can be told from the others"
        labels = [label(table.field, each) for each in table.groups]
        width = max(map(len, labels), default=0)
        for text, group in zip(labels, table.groups, strict=True):
            share = percent(table, group)
            marks = "#" * round(share / _PERCENT_A_MARK)
            yield f"  {text:<{width}}  {share or '<1':>3} %  {marks}".rstrip()
